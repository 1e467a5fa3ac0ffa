import type { DeviceNumber, TimeSpec } from "./at.ts";
import { fixedMemory, rawWords } from "./native.ts";
import { SYS } from "./numbers.ts";
import { nameAddress } from "./scratch.ts";
import { SysError } from "./syscall.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_IMMUTABLE = 0x10;
const STATX_ATTR_APPEND = 0x20;
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const ENOENT = 2;
// statx counts in these, whatever the file system's own are.
const BLOCK_BYTES = 512;

/** The bits of a mode that say what kind of file it is. */
export const FILE_TYPE = {
  MASK: 0o170000,
  SOCKET: 0o140000,
  SYMLINK: 0o120000,
  FILE: 0o100000,
  BLOCK: 0o060000,
  DIRECTORY: 0o040000,
  CHARACTER: 0o020000,
  FIFO: 0o010000,
} as const;

export interface FileStatus {
  /** The type's bits and the permissions'. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** What it takes on the disk. */
  readonly diskBytes: number;
  readonly links: number;
  readonly inode: bigint;
  /** The file system that it is on, as one number: inodes are only told apart within one. */
  readonly fileSystem: bigint;
  readonly modified: TimeSpec;
  /** Of the device that this is a node of. */
  readonly device: DeviceNumber;
  /** `chattr +i` or `+a` keeps it from being changed or removed. */
  readonly unchangeable: boolean;
  /** Something is mounted there, and this is its top. */
  readonly isMountRoot: boolean;
}

// One buffer for all calls: the result is read out of it before anything else runs.
const { memory: buffer, address: bufferAddress } = fixedMemory(256);

/** What the kernel knows of a name in a directory (empty: of the descriptor itself). statx(2). */
export function statAt(dirFd: number, name: string): FileStatus {
  return decodeStatus(callStatx(dirFd, name), name);
}

/** As statAt(), but undefined where the name is not there. */
export function findStatAt(dirFd: number, name: string): FileStatus | undefined {
  const result = callStatx(dirFd, name);
  return result === -ENOENT ? undefined : decodeStatus(result, name);
}

export function isType(status: FileStatus, type: number): boolean {
  return (status.mode & FILE_TYPE.MASK) === type;
}

function callStatx(dirFd: number, name: string): number {
  const flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
  const address = nameAddress(name);
  return rawWords(SYS.statx, [dirFd, address, flags, STATX_BASIC_STATS, bufferAddress]);
}

/** struct statx, which is the same on every architecture. */
function decodeStatus(result: number, name: string): FileStatus {
  if (result < 0) throw new SysError("statx", Buffer.from(name, "latin1").toString(), -result);
  const attributes = buffer.readUInt32LE(8);
  return {
    links: buffer.readUInt32LE(16),
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    mode: buffer.readUInt16LE(28),
    inode: buffer.readBigUInt64LE(32),
    fileSystem: buffer.readBigUInt64LE(136),
    size: Number(buffer.readBigUInt64LE(40)),
    diskBytes: Number(buffer.readBigUInt64LE(48)) * BLOCK_BYTES,
    modified: { seconds: buffer.readBigInt64LE(112), nanoseconds: buffer.readUInt32LE(120) },
    device: { major: buffer.readUInt32LE(128), minor: buffer.readUInt32LE(132) },
    unchangeable: (attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) !== 0,
    isMountRoot: (attributes & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}
