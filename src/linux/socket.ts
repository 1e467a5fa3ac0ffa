import { Descriptor } from "./fd.ts";
import { addressOf } from "./native.ts";
import { syscall } from "./syscall.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SCM_RIGHTS = 1;
const MSG_NOSIGNAL = 0x4000;

/** Two connected stream sockets. socketpair(2) */
export function socketPair(): readonly [Descriptor, Descriptor] {
  return makePair(SOCK_STREAM);
}

/** The same, but that what is sent at once comes at once. unix(7), SOCK_SEQPACKET */
export function messageSocketPair(): readonly [Descriptor, Descriptor] {
  return makePair(SOCK_SEQPACKET);
}

function makePair(type: number): readonly [Descriptor, Descriptor] {
  const ends = new Int32Array(2);
  syscall("socketpair", { args: [AF_UNIX, type | SOCK_CLOEXEC, 0, ends] });
  const [near = -1, far = -1] = ends;
  return [new Descriptor(near), new Descriptor(far)];
}

/** Sends bytes with descriptors beside them, in one message; those stay the caller's. sendmsg(2), cmsg(3) */
export function sendDescriptors(
  socket: number,
  bytes: Uint8Array,
  descriptors: readonly number[],
): void {
  const control = encodeRights(descriptors);
  const part = new BigUint64Array([BigInt(addressOf(bytes)), BigInt(bytes.byteLength)]);
  // struct msghdr: name, its length, parts, their count, control, its length, flags.
  const message = new BigUint64Array([
    0n,
    0n,
    BigInt(addressOf(part)),
    1n,
    BigInt(addressOf(control)),
    BigInt(control.byteLength),
    0n,
  ]);
  const sent = syscall("sendmsg", { args: [socket, message, MSG_NOSIGNAL] });
  if (sent !== bytes.byteLength) throw new RangeError(`sendmsg sent ${sent} bytes of a message`);
}

function encodeRights(descriptors: readonly number[]): Uint8Array {
  const HEAD = 16;
  const length = HEAD + descriptors.length * 4;
  const control = new Uint8Array(Math.ceil(length / 8) * 8);
  const view = new DataView(control.buffer);
  view.setBigUint64(0, BigInt(length), true);
  view.setInt32(8, SOL_SOCKET, true);
  view.setInt32(12, SCM_RIGHTS, true);
  descriptors.forEach((number, index) => {
    view.setInt32(HEAD + index * 4, number, true);
  });
  return control;
}

/** How much of what comes the kernel keeps until it is read, whatever the usual limit is. socket(7) */
export function setReceiveBuffer(socket: number, sizeBytes: number): void {
  const value = new Int32Array([sizeBytes]);
  const args = [socket, SOL_SOCKET, SO_RCVBUFFORCE, value, value.byteLength];
  syscall("setsockopt", { subject: "SO_RCVBUFFORCE", args });
}
