import { capabilitySets, DEFAULT_CAPABILITIES } from "../../src/engine/spec/capabilities.ts";
import { defaultMounts } from "../../src/engine/spec/default-mounts.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../../src/engine/spec/default-paths.ts";
import { planDeviceRules } from "../../src/engine/spec/devices.ts";
import type {
  IdMapping,
  Linux,
  Mount,
  Namespace,
  NamespaceType,
  Process,
  Spec,
} from "../../src/oci/runtime-spec.ts";
import { containerConfig } from "./container-config.ts";

/** Where the ids of a test's containers are on the host; nothing else has any there. */
export const FIRST_HOST_ID = 1_500_000_000;

/** The mapping of a container with a user namespace of its own. */
export const MAPPINGS: readonly IdMapping[] = [
  { containerID: 0, hostID: FIRST_HOST_ID, size: 65_536 },
];

/** What a test wants to be otherwise than Docker has it. */
export interface SpecOptions {
  readonly args: readonly string[];
  readonly process?: Partial<Process>;
  /** By name, in place of Docker's fourteen. */
  readonly capabilities?: readonly string[];
  /** Without a user namespace of its own. */
  readonly hostUser?: boolean;
  /** A path to join, or `host` for none of its own. */
  readonly namespaces?: Partial<Record<NamespaceType, string>>;
  /** After the default ones. */
  readonly mounts?: readonly Mount[];
  readonly linux?: Partial<Linux>;
  readonly spec?: Partial<Spec>;
}

/** A bind of a path on the host, with the ids that the container sees. */
export function bind(
  source: string,
  destination: string,
  options: readonly string[] = ["rbind"],
): Mount {
  return {
    type: "bind",
    source,
    destination,
    options,
    uidMappings: MAPPINGS,
    gidMappings: MAPPINGS,
  };
}

/** A spec such as the engine makes for `docker run`, without a network. */
export function containerSpec(cgroupsPath: string, options: SpecOptions): Spec {
  const { hostUser = false, capabilities = DEFAULT_CAPABILITIES, mounts = [] } = options;
  const { host } = containerConfig();
  const user = options.process?.user ?? { uid: 0, gid: 0 };
  return {
    ociVersion: "1.2.0",
    root: { path: "rootfs" },
    ...(options.namespaces?.uts === "host" ? {} : { hostname: "box" }),
    process: {
      args: options.args,
      env: ["PATH=/bin", "HOME=/root"],
      cwd: "/",
      user,
      capabilities: capabilitySets(capabilities, user.uid),
      ...options.process,
    },
    mounts: [...defaultMounts({ host }), ...mounts],
    linux: {
      cgroupsPath,
      namespaces: namespacesOf(hostUser, options.namespaces ?? {}),
      ...(hostUser ? {} : { uidMappings: MAPPINGS, gidMappings: MAPPINGS }),
      maskedPaths: MASKED_PATHS,
      readonlyPaths: READONLY_PATHS,
      ...options.linux,
      resources: {
        devices: planDeviceRules({ privileged: false, devices: [], rules: [] }),
        ...options.linux?.resources,
      },
    },
    ...options.spec,
  };
}

const TYPES = ["user", "mount", "pid", "network", "ipc", "uts", "cgroup"] as const;

function namespacesOf(
  hostUser: boolean,
  wanted: Partial<Record<NamespaceType, string>>,
): readonly Namespace[] {
  return TYPES.flatMap((type): readonly Namespace[] => {
    const path = wanted[type];
    if (path === "host" || (type === "user" && hostUser)) return [];
    return [path === undefined ? { type } : { type, path }];
  });
}
