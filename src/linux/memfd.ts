import { OPEN } from "./beneath.ts";
import { Descriptor, openFile } from "./fd.ts";
import { SysError, syscall, trySyscall } from "./syscall.ts";

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const MFD_EXEC = 0x10; // since 6.3, where it is the only way to say so
const F_ADD_SEALS = 1033;
const SEAL_ALL = 0x1 | 0x2 | 0x4 | 0x8; // seal, shrink, grow, write
const EINVAL = 22;

/** A file in memory with these bytes, which nobody can change any more. memfd_create(2), fcntl(2) */
export function sealedMemory(
  name: string,
  bytes: Uint8Array,
  options: { readonly executable: boolean } = { executable: false },
): Descriptor {
  const file = create(name, options.executable);
  let written = 0;
  while (written < bytes.byteLength) {
    const rest = bytes.subarray(written);
    written += syscall("write", { subject: name, args: [file.number, rest, rest.byteLength] });
  }
  syscall("fcntl", { subject: name, args: [file.number, F_ADD_SEALS, SEAL_ALL] });
  // The one that wrote could write on where a seal came too late: only a reader stays.
  const reader = openFile(file.path, OPEN.RDONLY);
  file[Symbol.dispose]();
  return reader;
}

function create(name: string, executable: boolean): Descriptor {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const result = executable
    ? trySyscall("memfd_create", name, flags | MFD_EXEC)
    : trySyscall("memfd_create", name, flags);
  const number = result === -EINVAL ? trySyscall("memfd_create", name, flags) : result;
  if (number < 0) throw new SysError("memfd_create", name, -number);
  return new Descriptor(number);
}
