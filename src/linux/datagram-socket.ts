import { Descriptor } from "./fd.ts";
import { errnoName, syscall, trySyscall } from "./syscall.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const EAGAIN = 11;
const SUN_PATH_BYTES = 108;

/** A socket that sends datagrams to sockets with a path. unix(7) */
export class DatagramSocket implements Disposable {
  readonly #socket: Descriptor;

  private constructor(socket: Descriptor) {
    this.#socket = socket;
  }

  static open(): DatagramSocket {
    const number = syscall("socket", { args: [AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0] });
    return new DatagramSocket(new Descriptor(number));
  }

  /** `full`: the receiver has to read first. Else the errno's name. sendto(2) */
  send(path: string, bytes: Uint8Array): string {
    const name = encodeName(path);
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const args = [this.#socket.number, bytes, bytes.length, flags, name, name.length] as const;
    const result = trySyscall("sendto", ...args);
    if (result >= 0) return "sent";
    return result === -EAGAIN ? "full" : errnoName(-result);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** `struct sockaddr_un`: family in the machine's byte order, path, NUL. */
function encodeName(path: string): Uint8Array {
  const bytes = Buffer.from(`\0\0${path}\0`);
  bytes.writeUInt16LE(AF_UNIX, 0);
  if (bytes.length > SUN_PATH_BYTES + 2) {
    throw new RangeError(`The socket's path "${path}" is longer than the kernel takes`);
  }
  return bytes;
}
