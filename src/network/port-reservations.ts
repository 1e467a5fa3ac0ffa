import { EngineError } from "../base/errors.ts";
import { Descriptor } from "../linux/fd.ts";
import { holdPort, type SocketPlace } from "../linux/inet-socket.ts";
import { getRlimit } from "../linux/rlimit.ts";
import { SysError } from "../linux/syscall.ts";
import { type PortRange, portsFrom, readLocalPortRange } from "./port-range.ts";
import { isAnyAddress, type PortProtocol } from "./published-port.ts";

/** A port of the host that a container wants. */
export interface PortRequest {
  readonly protocol: PortProtocol;
  /** All get the same port: `["0.0.0.0", "::"]`, or single addresses. */
  readonly addresses: readonly string[];
  /** The first free one of these; undefined: any. */
  readonly range?: PortRange;
  /** The port that it had the last time, tried before any other. */
  readonly wish?: number;
  /** The container's address and port, for the error, such as `172.17.0.2:80`. */
  readonly target: string;
}

/** A port that is held until it is released. Idempotent. */
export interface PortReservation extends Disposable {
  readonly hostPort: number;
  release(): void;
}

/** Why a port could not be had. */
interface Refusal {
  readonly error: EngineError;
  /** Whether another port may do. */
  readonly isTaken: boolean;
}

/** What is bound where, and when the next port is tried. */
interface Attempt {
  readonly request: PortRequest;
  readonly hostPort: number;
}

/** The ports of one protocol that are held, by the addresses that they are bound at. */
type HeldPorts = Map<string, HeldGroup>;

/** Those that are bound at the same addresses. */
interface HeldGroup {
  readonly addresses: readonly string[];
  readonly ports: Map<number, HeldPort>;
}

/** All that is kept of a port: there may be thousands. */
class HeldPort implements PortReservation {
  readonly hostPort: number;
  readonly #group: HeldGroup;
  /** The numbers of the descriptors, which are its own; mostly there is one. */
  #sockets: number | readonly number[];

  constructor(hostPort: number, { sockets, group }: HeldPlace) {
    this.hostPort = hostPort;
    const [only, another] = sockets;
    this.#sockets = only !== undefined && another === undefined ? only : sockets;
    this.#group = group;
    group.ports.set(hostPort, this);
  }

  release(): void {
    const numbers = [this.#sockets].flat();
    this.#sockets = [];
    for (const number of numbers) new Descriptor(number)[Symbol.dispose]();
    const { ports } = this.#group;
    if (ports.get(this.hostPort) === this) ports.delete(this.hostPort);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

interface HeldPlace {
  readonly sockets: readonly number[];
  readonly group: HeldGroup;
}

/**
 * The ports that this daemon's containers have, of the network namespace that the calling thread is
 * in. Each is bound by a socket of the daemon's, so that no other program takes it unseen, and
 * one that another has is refused before the container starts.
 */
export class PortReservations implements Disposable {
  readonly #held: Readonly<Record<PortProtocol, HeldPorts>> = {
    tcp: new Map(),
    udp: new Map(),
    sctp: new Map(),
  };
  readonly #readRange: () => PortRange;
  #lastGiven: number | undefined;

  constructor(readRange = readLocalPortRange) {
    this.#readRange = readRange;
  }

  /** Finds a port and holds it at all of the addresses, or says why there is none. */
  reserve(request: PortRequest): PortReservation {
    let refusal: Refusal | undefined;
    for (const hostPort of this.#candidates(request)) {
      const found = this.#tryReserve({ request, hostPort });
      if (found instanceof HeldPort) {
        if (request.range === undefined) this.#lastGiven = hostPort;
        return found;
      }
      refusal = found;
      if (!found.isTaken) break;
    }
    throw exhausted(request, refusal);
  }

  /** Lets go of all ports. */
  [Symbol.dispose](): void {
    for (const held of Object.values(this.#held)) {
      for (const { ports } of held.values()) for (const port of [...ports.values()]) port.release();
    }
  }

  *#candidates({ range, wish }: PortRequest): Generator<number> {
    if (wish !== undefined && (range === undefined || isWithin(wish, range))) yield wish;
    if (range !== undefined) return yield* portsFrom(range);
    const local = this.#readRange();
    yield* portsFrom(local, this.#lastGiven === undefined ? local.first : this.#lastGiven + 1);
  }

  #tryReserve(attempt: Attempt): HeldPort | Refusal {
    const held = this.#held[attempt.request.protocol];
    const taken = findCollision(held, attempt);
    if (taken !== undefined) return { error: alreadyAllocated(taken, attempt), isTaken: true };

    using undo = new DisposableStack();
    const sockets: Descriptor[] = [];
    for (const place of placesOf(attempt)) {
      try {
        sockets.push(undo.use(holdPort(place)));
      } catch (error) {
        return refusalOf(error, { attempt, place });
      }
    }
    const group = groupOf(held, attempt.request);
    return new HeldPort(attempt.hostPort, {
      sockets: sockets.map((socket) => socket.release()),
      group,
    });
  }
}

function groupOf(held: HeldPorts, { addresses }: PortRequest): HeldGroup {
  const key = addresses.join(" ");
  return held.getOrInsertComputed(key, () => ({ addresses, ports: new Map() }));
}

/** The address at which one of our own containers has the port. */
function findCollision(held: HeldPorts, { request, hostPort }: Attempt): string | undefined {
  const others = [...held.values()].flatMap(({ addresses, ports }) =>
    ports.has(hostPort) ? addresses : [],
  );
  return request.addresses.find((address) => others.some((other) => collide(address, other)));
}

function exhausted({ range }: PortRequest, refusal: Refusal | undefined): EngineError {
  const isOnlyChoice = range !== undefined && range.first === range.last;
  if (refusal !== undefined && (isOnlyChoice || !refusal.isTaken)) return refusal.error;
  return new EngineError("conflict", "all ports are allocated", { cause: refusal?.error });
}

function isWithin(port: number, { first, last }: PortRange): boolean {
  return port >= first && port <= last;
}

/** Every address and a single one of the same family collide. */
function collide(one: string, other: string): boolean {
  if (one === other) return true;
  const isSameFamily = one.includes(":") === other.includes(":");
  return isSameFamily && (isAnyAddress(one) || isAnyAddress(other));
}

/** One socket for each address; both families of every address share one. */
function placesOf({ request, hostPort: port }: Attempt): readonly SocketPlace[] {
  const { protocol, addresses } = request;
  const isDual = addresses.includes("0.0.0.0") && addresses.includes("::");
  return addresses
    .filter((address) => !(isDual && address === "0.0.0.0"))
    .map((address) => ({ protocol, address, port, isDual: isDual && address === "::" }));
}

function alreadyAllocated(address: string, { hostPort }: Attempt): EngineError {
  const host = bracketed(address);
  return new EngineError(
    "conflict",
    `Bind for ${host}:${hostPort} failed: port is already allocated`,
  );
}

function refusalOf(
  error: unknown,
  { attempt, place }: { attempt: Attempt; place: SocketPlace },
): Refusal {
  if (!(error instanceof SysError)) throw error;
  const { request, hostPort } = attempt;
  const host = bracketed(request.addresses[0] ?? place.address);
  const what = `failed to bind host port for ${host}:${hostPort}:${request.target}/${request.protocol}`;
  return {
    error: new EngineError("conflict", `${what}: ${reasonOf(error)}`, { cause: error }),
    isTaken: error.code === "EADDRINUSE",
  };
}

function reasonOf({ code, message }: SysError): string {
  switch (code) {
    case "EADDRINUSE":
      return "address already in use";
    case "EADDRNOTAVAIL":
      return "cannot assign requested address";
    case "EPROTONOSUPPORT":
    case "ESOCKTNOSUPPORT":
      return "this kernel has no SCTP";
    case "EAFNOSUPPORT":
      return "this kernel has no IPv6";
    case "EMFILE":
      return `the daemon may have ${getRlimit(0, "RLIMIT_NOFILE").soft} open files; raise its limit`;
    default:
      return message;
  }
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
