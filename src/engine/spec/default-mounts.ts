import type { Mount } from "../../oci/runtime-spec.ts";
import type { HostOptions } from "../model.ts";

/** What the mounts that every container has follow from. */
export interface DefaultMountInputs {
  readonly host: HostOptions;
  /** The process whose /dev/shm and /dev/mqueue are shared. */
  readonly ipcPid?: number;
}

const SAFE: readonly string[] = ["nosuid", "noexec", "nodev"];

/** The mounts that Docker makes in every container, in Docker's order. */
export function defaultMounts(inputs: DefaultMountInputs): readonly Mount[] {
  const { host } = inputs;
  const system = host.privileged ? [] : ["ro"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: SAFE },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/sys",
      type: "sysfs",
      source: "sysfs",
      options: [...SAFE, ...(host.readonlyRoot ? ["ro"] : system)],
    },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: [...SAFE, "relatime", ...system],
    },
    ...ipcMounts(inputs),
  ];
}

function ipcMounts({ host, ipcPid }: DefaultMountInputs): readonly Mount[] {
  if (host.ipc.kind === "none") return [mqueue()];
  if (host.ipc.kind === "host") {
    return [mqueue(), share("/dev/shm", "/dev/shm")];
  }
  // A message queue file system shows the IPC namespace that it is mounted in; a tmpfs does not.
  if (ipcPid !== undefined) {
    return [mqueue(), share(`/proc/${ipcPid}/root/dev/shm`, "/dev/shm")];
  }
  return [
    mqueue(),
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...SAFE, "mode=1777", `size=${host.shmBytes}`],
    },
  ];
}

function mqueue(): Mount {
  return { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: SAFE };
}

// Needs no id mapping: who shares an IPC namespace shares its user namespace too.
function share(source: string, destination: string): Mount {
  return { destination, type: "bind", source, options: ["rbind", "rprivate", ...SAFE] };
}
