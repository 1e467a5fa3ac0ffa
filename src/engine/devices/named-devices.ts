import { EngineError } from "../../base/errors.ts";
import type { IdMapping, Mount } from "../../oci/runtime-spec.ts";
import { cleanTarget } from "../spec/container-mounts.ts";
import type { GrantedDevice } from "../spec/devices.ts";
import { type CdiDevices, failure } from "./cdi-devices.ts";
import type { CdiMount, CdiNode } from "./cdi-file.ts";
import type { NamedDevices } from "./device-request.ts";
import { findNode } from "./host-devices.ts";

/** What a container has from the devices that it asks for by name. */
export interface DeviceAdditions {
  readonly env: readonly string[];
  readonly devices: readonly GrantedDevice[];
  readonly mounts: readonly Mount[];
  readonly groups: readonly number[];
}

/** Whom the devices are for. */
export interface DeviceUser {
  readonly uid: number;
  readonly gid: number;
  /** Of the container's user namespace; none: the host's. */
  readonly mappings: readonly IdMapping[];
}

/** Drivers of Docker's, and where the Container Device Interface has their devices. */
const GPU_KINDS: Readonly<Record<string, string>> = {
  nvidia: "nvidia.com/gpu",
  amd: "amd.com/gpu",
};
/** What NVIDIA's driver can leave out of a container; by name, all of it comes. */
const GPU_CAPABILITIES = new Set(
  "gpu nvidia amd compute compat32 graphics utility video display ngx".split(" "),
);

const NOTHING: DeviceAdditions = { env: [], devices: [], mounts: [], groups: [] };

/** Looks up what `--device VENDOR/CLASS=NAME` and `--gpus` ask for. */
export function addNamedDevices(
  requests: readonly NamedDevices[],
  cdi: CdiDevices,
  user: DeviceUser,
): DeviceAdditions {
  const names = requests.flatMap((request) => namesOf(request, cdi));
  if (names.length === 0) return NOTHING;
  const edits = cdi.find(names);
  return {
    env: edits.flatMap(({ env }) => env),
    devices: edits.flatMap(({ deviceNodes }) => deviceNodes.map((node) => toGranted(node, user))),
    mounts: edits.flatMap(({ mounts }) => mounts.map((mount) => toMount(mount, user))),
    // As the interface's own library has it: root's group is given to nobody.
    groups: edits.flatMap(({ additionalGids }) => additionalGids).filter((gid) => gid !== 0),
  };
}

function namesOf(request: NamedDevices, cdi: CdiDevices): readonly string[] {
  const { driver, count, ids, options } = request;
  if (driver !== "cdi") return gpuNames(request, cdi);
  if (count !== 0) throw failure("unexpected count in CDI device request");
  if (Object.keys(options).length > 0) throw failure("unexpected options in CDI device request");
  return ids;
}

function gpuNames(request: NamedDevices, cdi: CdiDevices): readonly string[] {
  const { driver, count, ids, capabilities } = request;
  const isGpu = capabilities.some(
    (all) => all.includes("gpu") && all.every((one) => GPU_CAPABILITIES.has(one)),
  );
  const kinds = driver === "" ? Object.values(GPU_KINDS) : [GPU_KINDS[driver]];
  const present = cdi.list();
  const kind = kinds.find((one) => present.some((name) => name.startsWith(`${one}=`)));
  if (!isGpu || kind === undefined) {
    const wanted = `[${capabilities.map((all) => `[${all.join(" ")}]`).join(" ")}]`;
    const message = `could not select device driver "${driver}" with capabilities: ${wanted}`;
    throw new EngineError("invalid", message);
  }
  if (count !== 0 && ids.length > 0) {
    throw new EngineError("invalid", "cannot set both Count and DeviceIDs on device request");
  }
  if (count < 0) return [`${kind}=all`];
  if (ids.length > 0) return ids.map((id) => `${kind}=${id}`);
  return Array.from({ length: count }, (_, index) => `${kind}=${index}`);
}

function toGranted(asked: CdiNode, { uid, gid }: DeviceUser): GrantedDevice {
  const { path, hostPath, access, ...given } = asked;
  const { type, major, minor } = given;
  const isKnown = type !== undefined && major !== undefined && minor !== undefined;
  const node = isKnown ? { type, major, minor } : findNode(hostPath);
  return { device: { uid, gid, ...node, ...given, path }, access };
}

function toMount(
  { hostPath, containerPath, type, options }: CdiMount,
  { mappings }: DeviceUser,
): Mount {
  const mount = { destination: cleanTarget(containerPath), type, source: hostPath, options };
  if (type === "tmpfs" || mappings.length === 0) return mount;
  return { ...mount, uidMappings: mappings, gidMappings: mappings };
}
