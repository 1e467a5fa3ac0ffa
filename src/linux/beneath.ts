import { cString } from "./native.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** Open flags, as openat(2) has them on this machine. */
export const OPEN = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0x40,
  EXCL: 0x80,
  NONBLOCK: 0x800,
  // These two swap their values with others on arm64.
  DIRECTORY: process.arch === "arm64" ? 0x4000 : 0x1_0000,
  NOFOLLOW: process.arch === "arm64" ? 0x8000 : 0x2_0000,
  CLOEXEC: 0x8_0000,
  PATH: 0x20_0000,
} as const;

/** How openat2(2) may resolve a path. */
export const RESOLVE = {
  /** Not into what is mounted there. */
  NO_XDEV: 0x01,
  NO_MAGICLINKS: 0x02,
  NO_SYMLINKS: 0x04,
  BENEATH: 0x08,
  IN_ROOT: 0x10,
} as const;

export interface OpenHow {
  readonly flags: number;
  readonly mode?: number;
  readonly resolve: number;
}

const AT_FDCWD = -100;
const EAGAIN = 11;

// The kernel gives up with EAGAIN when anything on the host was renamed or mounted during a walk
// over "..". It says nothing of the path, so the walk is tried again, but not for ever.
const MAX_TRIES = 1000;

/**
 * Opens a path below a directory, the way that `how.resolve` allows, and returns a descriptor that is
 * the caller's to close. A text is UTF-8; bytes must end in NUL. openat2(2).
 */
export function openBeneath(dirFd: number, path: string | Uint8Array, how: OpenHow): number {
  const { name, request } = openRequest(path, how);
  for (let tries = 1; ; tries++) {
    const result = trySyscall("openat2", dirFd, name, request, request.byteLength);
    if (result >= 0) return result;
    if (result !== -EAGAIN || tries === MAX_TRIES) {
      throw new SysError("openat2", subjectOf(name), -result);
    }
  }
}

/** Opens a directory of the host, for use as where other calls begin; the caller closes it. */
export function openDirectory(path: string): number {
  const { name, request } = openRequest(path, { flags: OPEN.PATH | OPEN.DIRECTORY, resolve: 0 });
  const result = trySyscall("openat2", AT_FDCWD, name, request, request.byteLength);
  if (result < 0) throw new SysError("openat2", path, -result);
  return result;
}

/** struct open_how: flags, mode and resolve, of 64 bits each. */
function openRequest(path: string | Uint8Array, { flags, mode = 0, resolve }: OpenHow) {
  const name = typeof path === "string" ? cString(path) : path;
  const request = BigUint64Array.of(BigInt(flags | OPEN.CLOEXEC), BigInt(mode), BigInt(resolve));
  return { name, request };
}

function subjectOf(name: Uint8Array): string {
  return Buffer.from(name.subarray(0, -1)).toString();
}
