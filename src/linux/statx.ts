import { bytesName, type DeviceNumber, type TimeSpec } from "./at.ts";
import { SysError, trySyscall } from "./syscall.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_IMMUTABLE = 0x10;
const STATX_ATTR_APPEND = 0x20;
const ENOENT = 2;

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
  readonly links: number;
  readonly inode: bigint;
  readonly modified: TimeSpec;
  /** Of the device that this is a node of. */
  readonly device: DeviceNumber;
  /** `chattr +i` or `+a` keeps it from being changed or removed. */
  readonly unchangeable: boolean;
}

// One buffer for all calls: the result is read out of it before anything else runs.
const buffer = Buffer.alloc(256);

/** What the kernel knows of a name in a directory (empty: of the descriptor itself). statx(2). */
export function statAt(dirFd: number, name: string): FileStatus {
  const result = callStatx(dirFd, name);
  if (result < 0) throw new SysError("statx", Buffer.from(name, "latin1").toString(), -result);
  return decodeStatus();
}

/** As statAt(), but undefined where the name is not there. */
export function findStatAt(dirFd: number, name: string): FileStatus | undefined {
  return callStatx(dirFd, name) === -ENOENT ? undefined : statAt(dirFd, name);
}

export function isType(status: FileStatus, type: number): boolean {
  return (status.mode & FILE_TYPE.MASK) === type;
}

function callStatx(dirFd: number, name: string): number {
  const flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
  return trySyscall("statx", dirFd, bytesName(name), flags, STATX_BASIC_STATS, buffer);
}

/** struct statx, which is the same on every architecture. */
function decodeStatus(): FileStatus {
  const attributes = buffer.readUInt32LE(8);
  return {
    links: buffer.readUInt32LE(16),
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    mode: buffer.readUInt16LE(28),
    inode: buffer.readBigUInt64LE(32),
    size: Number(buffer.readBigUInt64LE(40)),
    modified: { seconds: buffer.readBigInt64LE(112), nanoseconds: buffer.readUInt32LE(120) },
    device: { major: buffer.readUInt32LE(128), minor: buffer.readUInt32LE(132) },
    unchangeable: (attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) !== 0,
  };
}
