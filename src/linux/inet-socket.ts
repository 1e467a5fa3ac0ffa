import { EngineError } from "../base/errors.ts";
import { formatIpAddress, parseIpAddress } from "../base/ip-address.ts";
import { Descriptor } from "./fd.ts";
import { SysError, syscall, trySyscall } from "./syscall.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SOL_IPV6 = 41;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const IPV6_V6ONLY = 26;
const IP6T_SO_ORIGINAL_DST = 80;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const IPV6_AT = 8;
const EADDRINUSE = 98;

const KINDS = {
  tcp: { type: 1, protocol: 6 },
  udp: { type: 2, protocol: 17 },
  sctp: { type: 1, protocol: 132 },
} as const;

/** Where a socket is bound. */
export interface SocketPlace {
  readonly protocol: keyof typeof KINDS;
  readonly address: string;
  readonly port: number;
  /** Of `::`: takes the port of IPv4, too. */
  readonly isDual?: boolean;
}

/**
 * A socket that holds a port so that nobody else gets it: bound, but not listening, so that without
 * a rule that leads elsewhere clients are refused. bind(2)
 */
export function holdPort(place: SocketPlace): Descriptor {
  const isIpv6 = place.address.includes(":");
  const { type, protocol } = KINDS[place.protocol];
  const number = syscall("socket", {
    subject: place.protocol,
    args: [isIpv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, protocol],
  });
  using socket = new Descriptor(number);
  if (isIpv6) setOption(number, [SOL_IPV6, IPV6_V6ONLY, place.isDual === true ? 0 : 1]);
  // What is sent to it while no rule leads elsewhere is of no use to anybody.
  if (place.protocol === "udp") setOption(number, [SOL_SOCKET, SO_RCVBUF, 0]);
  bind(number, place);
  return new Descriptor(socket.release());
}

/** Where a connection went before nftables sent it here, over IPv6. */
export function originalDestination(
  socket: number,
): { readonly address: string; readonly port: number } | undefined {
  const name = new Uint8Array(SOCKADDR_IN6_BYTES);
  const length = Uint32Array.of(name.length);
  const result = trySyscall("getsockopt", socket, SOL_IPV6, IP6T_SO_ORIGINAL_DST, name, length);
  if (result < 0) return undefined;
  const port = new DataView(name.buffer).getUint16(2);
  return { address: formatIpAddress(name.subarray(IPV6_AT, IPV6_AT + 16)), port };
}

function bind(socket: number, place: SocketPlace): void {
  const name = encodeName(place);
  const result = trySyscall("bind", socket, name, name.length);
  if (result === 0) return;
  const error = new SysError("bind", `${place.address}:${place.port}`, -result);
  if (result !== -EADDRINUSE || place.protocol !== "tcp") throw error;
  // Connections of a server that is gone hold the port for a minute, but not against this. A server
  // that is there holds it against this, too; and that it shares must not last.
  setOption(socket, [SOL_SOCKET, SO_REUSEADDR, 1]);
  if (trySyscall("bind", socket, name, name.length) < 0) throw error;
  setOption(socket, [SOL_SOCKET, SO_REUSEADDR, 0]);
}

function setOption(
  socket: number,
  [level, option, value]: readonly [number, number, number],
): void {
  syscall("setsockopt", { args: [socket, level, option, Int32Array.of(value), 4] });
}

/** `struct sockaddr_in` or `sockaddr_in6`: family in the machine's byte order, port, address. */
function encodeName({ address, port }: SocketPlace): Uint8Array {
  if (!(Number.isInteger(port) && port > 0 && port <= 0xffff)) {
    throw new EngineError("invalid", `Cannot bind the port ${port}`);
  }
  const bytes = parseIpAddress(address);
  const isIpv6 = bytes.length === 16;
  const name = new Uint8Array(isIpv6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  const view = new DataView(name.buffer);
  view.setUint16(0, isIpv6 ? AF_INET6 : AF_INET, true);
  view.setUint16(2, port);
  name.set(bytes, isIpv6 ? IPV6_AT : 4);
  return name;
}
