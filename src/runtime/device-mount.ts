// A container's /dev. A node on a file system of the container's own user namespace would not work,
// and the host's nodes belong to nobody in there: so the daemon makes one of its own for each.

import { EngineError } from "../base/errors.ts";
import {
  changeModeAt,
  changeOwnerAt,
  makeDirectoryAt,
  makeNodeAt,
  makeSymlinkAt,
} from "../linux/at.ts";
import type { Descriptor } from "../linux/fd.ts";
import { type MountOption, makeMount } from "../linux/mount.ts";
import { FILE_TYPE } from "../linux/statx.ts";
import { errnoOf } from "../linux/syscall.ts";
import type { Device, Mount } from "../oci/runtime-spec.ts";
import { parseMountOptions } from "./mount-options.ts";

/** What a container's /dev follows from. */
export interface DeviceMountInputs {
  readonly mount: Mount;
  readonly devices: readonly Device[];
  /** Where container id 0 is on the host; 0 in the host's user namespace. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** From ids inside to ids on the host. */
  readonly toHostId: (id: number) => number;
  /** Whether `/dev/console` is needed, as a place to mount a terminal on. */
  readonly console: boolean;
}

// As Docker has them. config-linux.md of the runtime specification, "Default Devices"
const DEFAULT_DEVICES: readonly Device[] = [
  character("/dev/null", 1, 3),
  character("/dev/zero", 1, 5),
  character("/dev/full", 1, 7),
  character("/dev/random", 1, 8),
  character("/dev/urandom", 1, 9),
  character("/dev/tty", 5, 0),
];

const LINKS: Readonly<Record<string, string>> = {
  core: "/proc/kcore",
  fd: "/proc/self/fd",
  ptmx: "pts/ptmx",
  stderr: "/proc/self/fd/2",
  stdin: "/proc/self/fd/0",
  stdout: "/proc/self/fd/1",
};

const DIRECTORIES = ["mqueue", "pts", "shm"];

/** Makes the mount, attached nowhere. */
export function makeDevices(inputs: DeviceMountInputs): Descriptor {
  const { attributes, data } = parseMountOptions(inputs.mount.options ?? []);
  const options = data.map((option): MountOption => {
    const [key = "", value] = option.split("=", 2);
    return value === undefined ? [key] : [key, value];
  });
  const mount = makeMount("tmpfs", [...options, ["source", "tmpfs"]], attributes);
  try {
    fill(mount.number, inputs);
    return mount;
  } catch (error) {
    mount[Symbol.dispose]();
    throw error;
  }
}

function fill(root: number, { devices, owner, toHostId, console }: DeviceMountInputs): void {
  const own = (name: string) => changeOwnerAt(root, name, owner);
  changeOwnerAt(root, ".", owner);
  for (const name of DIRECTORIES) {
    makeDirectoryAt(root, name, 0o755);
    own(name);
  }
  for (const [name, target] of Object.entries(LINKS)) {
    makeSymlinkAt(root, name, target);
    own(name);
  }
  if (console) {
    makeNodeAt(root, "console", { mode: FILE_TYPE.FILE | 0o620, device: { major: 0, minor: 0 } });
    own("console");
  }
  for (const device of withDefaults(devices)) makeDevice(root, device, toHostId);
}

/** A device that is asked for wins over a default one at the same place. */
function withDefaults(devices: readonly Device[]): readonly Device[] {
  const asked = new Set(devices.map(({ path }) => path));
  return [...DEFAULT_DEVICES.filter(({ path }) => !asked.has(path)), ...devices];
}

const TYPE_BITS = {
  b: FILE_TYPE.BLOCK,
  c: FILE_TYPE.CHARACTER,
  p: FILE_TYPE.FIFO,
  u: FILE_TYPE.CHARACTER,
} as const;

function makeDevice(root: number, device: Device, toHostId: (id: number) => number): void {
  const { path, type, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 } = device;
  const name = nameBelowDev(path);
  const parents = name.split("/").slice(0, -1);
  for (const depth of parents.keys()) makeParent(root, parents.slice(0, depth + 1).join("/"));
  makeNodeAt(root, name, { mode: TYPE_BITS[type] | (fileMode & 0o7777), device: { major, minor } });
  changeOwnerAt(root, name, { uid: toHostId(uid), gid: toHostId(gid) });
  // mknod(2) takes the umask off.
  changeModeAt(root, name, fileMode & 0o7777);
}

function nameBelowDev(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts[0] === "dev" && parts.length > 1 && !parts.includes("..")) {
    return parts.slice(1).join("/");
  }
  const message = `Cannot add device "${path}": devices of a container must be below /dev`;
  throw new EngineError("invalid", message);
}

function makeParent(root: number, name: string): void {
  try {
    makeDirectoryAt(root, name, 0o755);
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
  }
}

function character(path: string, major: number, minor: number): Device {
  return { type: "c", path, major, minor, fileMode: 0o666 };
}
