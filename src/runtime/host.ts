import { mkdirSync, readFileSync } from "node:fs";
import { encodeCapabilities, heldCapabilities } from "../linux/capability.ts";
import type { CgroupLayout } from "../linux/cgroup-layout.ts";
import type { Descriptor } from "../linux/fd.ts";
import { sealedMemory } from "../linux/memfd.ts";
import { seccompProgram } from "../linux/seccomp-cache.ts";
import type { Linux } from "../oci/runtime-spec.ts";
import { CheckServer } from "./check-server.ts";
import { IdMaps } from "./id-maps.ts";
import type { HostInputs } from "./plan-inputs.ts";
import { RootMounter } from "./root-mount.ts";
import { RunFiles } from "./run-files.ts";

/** What a runtime is made with. */
export interface RuntimeOptions {
  /** For sockets and what must not outlive the host; made where it is missing. */
  readonly execRoot: string;
  /** All image layers are below it; made where it is missing. */
  readonly layerRoot: string;
  /** The path of `sampan-init`. */
  readonly initPath: string;
  readonly cgroups: CgroupLayout;
  /** How long a monitor may take for a word when its container is taken up. */
  readonly patienceMs?: number;
}

/** What all starts share of this host. */
export interface Host {
  readonly cgroups: CgroupLayout;
  readonly runFiles: RunFiles;
  readonly mounter: RootMounter;
  /** For mounts that are to be seen through a mapping. */
  readonly idMaps: IdMaps;
  /** `sampan-init`, where no container can write to it. */
  readonly program: Descriptor;
  readonly checks: CheckServer;
  readonly heldCapabilities: bigint;
}

/** Takes hold of what a runtime works with. */
export function openHost({ execRoot, layerRoot, initPath, cgroups }: RuntimeOptions): Host {
  const stage = stageOf(execRoot);
  const runFiles = new RunFiles(execRoot);
  mkdirSync(stage, { recursive: true, mode: 0o700 });
  const { permitted, bounding } = heldCapabilities();
  const program = sealedMemory("sampan-init", readFileSync(initPath), { executable: true });
  return {
    cgroups,
    runFiles,
    mounter: new RootMounter({ stageDirectory: stage, layerRoot }),
    idMaps: new IdMaps(initPath),
    program,
    checks: new CheckServer(program),
    heldCapabilities: encodeCapabilities(permitted) & encodeCapabilities(bounding),
  };
}

/** An empty directory for mounts that the host does not see. */
export function stageOf(execRoot: string): string {
  return `${execRoot}/stage`;
}

/** What every plan on this host follows from. */
export function planInputsOf(
  host: Host,
  { seccomp }: Pick<Linux, "seccomp">,
): Pick<HostInputs, "cgroup" | "heldCapabilities" | "seccomp"> {
  const { cgroups, heldCapabilities: held } = host;
  return {
    cgroup:
      cgroups.version === "2"
        ? { version: "2" }
        : {
            version: "1",
            hierarchies: cgroups.hierarchies.map(({ name }) => name),
          },
    heldCapabilities: held,
    ...(seccomp === undefined ? {} : { seccomp: seccompProgram(seccomp) }),
  };
}
