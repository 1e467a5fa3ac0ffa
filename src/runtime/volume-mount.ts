// What a volume is mounted from, put on its directory on the host, in the words of mount(8).

import { lookup } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { getSystemErrorMessage } from "node:util";
import { EngineError } from "../base/errors.ts";
import { type ClassicMount, detachMount, tryMount } from "../linux/mount.ts";
import { parseMountFlags } from "../linux/mount-flags.ts";
import { SysError } from "../linux/syscall.ts";
import { mountInThread } from "./mount-thread.ts";

/** A file system, by the three words that mount(8) wants. */
export interface VolumeSource {
  readonly type: string;
  readonly device: string;
  /** With commas between. */
  readonly options: string;
}

/** Mounts it. The errors are Docker's. */
export async function mountVolume(source: VolumeSource, target: string): Promise<void> {
  if (source.device === "") throw new EngineError("internal", "missing device in volume options");
  const { type, device, options } = await withAddress(source);
  const { flags, propagation, remount, data } = parseMountFlags(options);
  await mount({ source: device, target, type, flags, data }, "mount");
  const again = { source: "", target, type: "", data: "" };
  try {
    if (propagation !== 0) await mount({ ...again, flags: propagation }, "remount");
    if (remount !== 0) await mount({ ...again, flags: remount }, "remount-ro");
  } catch (cause) {
    unmountVolume(target);
    throw cause;
  }
}

/** Takes away all that is mounted on a directory; no error where nothing is. */
export function unmountVolume(target: string): void {
  for (;;) {
    try {
      detachMount(target);
    } catch (cause) {
      // Nothing is mounted there, or the directory itself is gone. umount2(2)
      if (cause instanceof SysError && ["EINVAL", "ENOENT"].includes(cause.code)) return;
      throw cause;
    }
  }
}

const ADDRESS = /(^|,)addr=([^,]*)/;

/** The kernel takes no names of hosts. */
async function withAddress(source: VolumeSource): Promise<VolumeSource> {
  const [, , host = ""] = ADDRESS.exec(source.options) ?? [];
  if (!/^(nfs4?|cifs|smb3)$/.test(source.type) || host === "" || isIPv4(host)) return source;
  try {
    const { address } = await lookup(host);
    return { ...source, options: source.options.replace(ADDRESS, `$1addr=${address}`) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `error resolving passed in network volume address: ${reason}`;
    throw new EngineError("internal", message, { cause });
  }
}

/** What the kernel does at once needs no thread. */
const QUICK: ReadonlySet<string> = new Set(["", "none", "bind", "tmpfs", "ramfs"]);

async function mount(request: ClassicMount, operation: string): Promise<void> {
  const errno = QUICK.has(request.type) ? tryMount(request) : await mountInThread(request);
  if (errno === 0) return;
  const { source, target, flags, data, type } = request;
  const parts = [
    `${operation} ${source === "" ? "" : `${source}:`}${target}`,
    ...(flags === 0 ? [] : [`flags: 0x${flags.toString(16)}`]),
    ...(data === "" ? [] : [`data: ${hidePassword(data)}`]),
  ];
  const hint = errno === ENODEV ? ` (this kernel has no file system "${type}")` : "";
  const message = `failed to mount local volume: ${parts.join(", ")}: ${errnoText(errno)}${hint}`;
  throw new EngineError("internal", message);
}

const ENODEV = 19;

function hidePassword(data: string): string {
  return data.replace(/(^|,)password=[^,]*/, "$1password=********");
}

/** As the C library says it. */
function errnoText(errno: number): string {
  return errno === ENOTBLK ? "block device required" : getSystemErrorMessage(-errno);
}

const ENOTBLK = 15;
