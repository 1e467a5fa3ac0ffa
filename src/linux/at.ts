// File system calls relative to an open directory. A name here is bytes, held as a latin1 string: the
// kernel does not know of UTF-8, and an archive's names need not be in it. None of them follows a
// symbolic link in the last part of a name.

import { addressOf, fixedMemory, rawWords, type Words } from "./native.ts";
import { SYS, type SyscallName } from "./numbers.ts";
import { nameAddress } from "./scratch.ts";
import { SysError } from "./syscall.ts";

/** A time as utimensat(2) has it. */
export interface TimeSpec {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;

// O_WRONLY, O_CREAT, O_EXCL and O_CLOEXEC. The third also means that no symbolic link is followed.
const CREATE = 0x1 | 0x40 | 0x80 | 0x8_0000;

/** The bytes of a latin1 name with a NUL at the end, as C wants it. */
export function bytesName(name: string): Uint8Array {
  return Buffer.from(`${name}\0`, "latin1");
}

/** mkdirat(2). */
export function makeDirectoryAt(dirFd: number, name: string, mode: number): void {
  callAt("mkdirat", name, [dirFd, nameAddress(name), mode, 0]);
}

/** Makes a file, which must not be there, and opens it for writing; the caller closes it. openat(2). */
export function createFileAt(dirFd: number, name: string, mode: number): number {
  return callAt("openat", name, [dirFd, nameAddress(name), CREATE, mode]);
}

/** `mode` has the file's type in it. mknodat(2). */
export function makeNodeAt(
  dirFd: number,
  name: string,
  node: { readonly mode: number; readonly device: DeviceNumber },
): void {
  callAt("mknodat", name, [dirFd, nameAddress(name), node.mode, encodeDevice(node.device)]);
}

/** symlinkat(2). */
export function makeSymlinkAt(dirFd: number, name: string, target: string): void {
  callAt("symlinkat", name, [nameAddress(target), dirFd, nameAddress(name, 1), 0]);
}

/** linkat(2). */
export function makeLinkAt(
  from: { readonly dirFd: number; readonly name: string },
  to: { readonly dirFd: number; readonly name: string },
): void {
  callAt("linkat", to.name, [
    from.dirFd,
    nameAddress(from.name),
    to.dirFd,
    nameAddress(to.name, 1),
  ]);
}

/** Removes anything but a directory. unlinkat(2). */
export function unlinkAt(dirFd: number, name: string): void {
  callAt("unlinkat", name, [dirFd, nameAddress(name), 0, 0]);
}

/** Removes an empty directory. unlinkat(2). */
export function removeDirectoryAt(dirFd: number, name: string): void {
  callAt("unlinkat", name, [dirFd, nameAddress(name), AT_REMOVEDIR, 0]);
}

/** renameat(2). */
export function renameAt(
  from: { readonly dirFd: number; readonly name: string },
  to: { readonly dirFd: number; readonly name: string },
): void {
  callAt("renameat", from.name, [
    from.dirFd,
    nameAddress(from.name),
    to.dirFd,
    nameAddress(to.name, 1),
  ]);
}

/** fchownat(2). */
export function changeOwnerAt(
  dirFd: number,
  name: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  callAt("fchownat", name, [dirFd, nameAddress(name), owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW]);
}

/** Follows a symbolic link, which the call cannot avoid: only for what is known not to be one. fchmodat(2). */
export function changeModeAt(dirFd: number, name: string, mode: number): void {
  callAt("fchmodat", name, [dirFd, nameAddress(name), mode, 0]);
}

// Of the last access and of the last change, one after the other.
const { memory: times, address: timesAddress } = fixedMemory(32);

/** Sets the time of the last access and of the last change of the content. utimensat(2). */
export function changeTimeAt(dirFd: number, name: string, time: TimeSpec): void {
  setTimes(time);
  callAt("utimensat", name, [dirFd, nameAddress(name), timesAddress, AT_SYMLINK_NOFOLLOW]);
}

/** As changeTimeAt(), of an open file. utimensat(2). */
export function changeFileTime(fd: number, time: TimeSpec): void {
  setTimes(time);
  callAt("utimensat", "", [fd, 0, timesAddress, 0]);
}

function setTimes({ seconds, nanoseconds }: TimeSpec): void {
  for (const at of [0, 16]) {
    times.writeBigInt64LE(seconds, at);
    times.writeUInt32LE(nanoseconds, at + 8);
  }
}

/** What a directory holds, without `.` and `..`. getdents64(2). */
export function listAt(dirFd: number): readonly string[] {
  const names: string[] = [];
  const buffer = Buffer.alloc(32 * 1024);
  const address = addressOf(buffer);
  for (;;) {
    const length = callAt("getdents64", "", [dirFd, address, buffer.byteLength, 0]);
    if (length === 0) return names;
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + 16)) {
      const start = at + 19;
      const name = buffer.toString("latin1", start, buffer.indexOf(0, start));
      if (name !== "." && name !== "..") names.push(name);
    }
  }
}

/** The path that stands for a name in an open directory, for calls that take no directory. */
export function pathAt(dirFd: number, name: string): Uint8Array {
  return bytesName(name === "" ? `/proc/self/fd/${dirFd}` : `/proc/self/fd/${dirFd}/${name}`);
}

/** The kernel's one number for a device: makedev(3), as far as 32 bits go. */
function encodeDevice({ major, minor }: DeviceNumber): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

function callAt(call: SyscallName, name: string, words: Words): number {
  const result = rawWords(SYS[call], words);
  if (result < 0) throw new SysError(call, Buffer.from(name, "latin1").toString(), -result);
  return result;
}
