import type { Socket } from "bun";
import { originalDestination } from "../linux/inet-socket.ts";

const HELD_UP_CHECK_MS = 1000;

/** What writing to a socket returns whose other side takes no more; it may still have something to say. */
const IS_GONE = -1;

/** Where a connection is to go. */
export interface RelayTarget {
  readonly address: string;
  readonly port: number;
}

/** Finds what is published at an address and port of the host. */
export type FindTarget = (address: string, port: number) => RelayTarget | undefined;

/** One end of a relayed connection. */
interface End {
  /** The other end's socket; undefined until it is connected. */
  peer?: Socket<End>;
  /** What the socket did not take yet; while there is any, the peer is paused. */
  waiting: Uint8Array[];
  /** The peer has said all, so this one's socket is shut down when nothing waits. */
  hasEnded: boolean;
  /** Runs while something waits for this one and for its peer. */
  check?: Timer;
}

/**
 * Takes TCP connections over IPv6 that the kernel alone cannot bring to their container, and carries
 * them there. One listening socket serves all published ports: the firewall sends connections to it,
 * and the connection tracker still knows where they wanted to go.
 */
export class PortRelay implements Disposable {
  readonly #find: FindTarget;
  readonly #listener;

  /** Listens in the network namespace that the calling thread is in. */
  constructor(find: FindTarget) {
    this.#find = find;
    this.#listener = Bun.listen<End>({
      hostname: "::",
      port: 0,
      allowHalfOpen: true,
      data: { waiting: [], hasEnded: false },
      socket: { ...CARRY, open: (client) => void this.#connect(client) },
    });
    this.#listener.unref();
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Ends all connections. */
  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  async #connect(client: Socket<End>): Promise<void> {
    client.data = { waiting: [], hasEnded: false };
    const asked = originalDestination(descriptorOf(client));
    const target = asked && this.#find(asked.address, asked.port);
    // Whoever came here by no published port has no business here.
    if (target === undefined) return void client.terminate();
    client.pause();
    try {
      await Bun.connect<End>({
        hostname: target.address,
        port: target.port,
        allowHalfOpen: true,
        data: { peer: client, waiting: [], hasEnded: false },
        socket: { ...CARRY, open: (server) => join(client, server) },
      });
    } catch {
      // Nobody listens in the container: its refusal is passed on.
      client.terminate();
    }
  }
}

/** What is done with the sockets of both ends. */
const CARRY = {
  data: (socket: Socket<End>, bytes: Uint8Array) => void pass(socket, bytes),
  drain: (socket: Socket<End>) => void flush(socket),
  end: (socket: Socket<End>) => void endPeer(socket),
  close: (socket: Socket<End>) => void leave(socket),
  error: (socket: Socket<End>) => void socket.terminate(),
};

function join(client: Socket<End>, server: Socket<End>): void {
  if (isClosed(client)) return void server.terminate();
  client.data.peer = server;
  client.resume();
}

function pass(from: Socket<End>, bytes: Uint8Array): void {
  const to = from.data.peer;
  // One that is gone takes nothing, and its end is passed on.
  if (to === undefined || isClosed(to)) return;
  const taken = to.data.waiting.length > 0 ? 0 : to.write(bytes);
  if (taken === bytes.length || taken === IS_GONE) return;
  // The bytes are the socket's own, and used again for the next.
  to.data.waiting.push(Uint8Array.from(bytes.subarray(taken)));
  from.pause();
  if (isHeldUp(from)) lookAfter(from, to);
}

/**
 * Bun tells that the other side of a socket is gone only where it may read. While neither end of a
 * connection may, trying to write finds it out.
 */
function lookAfter(one: Socket<End>, other: Socket<End>): void {
  one.data.check ??= setInterval(() => {
    const heldUp = [one, other].filter(isHeldUp);
    for (const socket of heldUp) flush(socket);
    if (heldUp.length === 2) return;
    clearInterval(one.data.check);
    delete one.data.check;
  }, HELD_UP_CHECK_MS);
}

function isHeldUp(socket: Socket<End>): boolean {
  return !isClosed(socket) && socket.data.waiting.length > 0;
}

function flush(socket: Socket<End>): void {
  const { waiting, peer } = socket.data;
  while (waiting.length > 0) {
    const [bytes = new Uint8Array()] = waiting;
    const taken = socket.write(bytes);
    if (taken !== IS_GONE && taken < bytes.length) {
      waiting[0] = bytes.subarray(taken);
      return;
    }
    waiting.shift();
  }
  if (socket.data.hasEnded) socket.shutdown();
  else peer?.resume();
}

function endPeer(socket: Socket<End>): void {
  const { peer } = socket.data;
  if (peer === undefined) return void socket.terminate();
  peer.data.hasEnded = true;
  if (peer.data.waiting.length === 0) peer.shutdown();
}

/** A side that is gone takes the other with it, once that has what was meant for it. */
function leave(socket: Socket<End>): void {
  const { peer } = socket.data;
  if (peer === undefined || isClosed(peer)) return;
  // It may wait for this side to take what it said; now nobody does.
  peer.resume();
  if (peer.data.waiting.length === 0) peer.end();
  else peer.data.hasEnded = true;
}

function isClosed({ readyState }: Socket<End>): boolean {
  return readyState === 0 || readyState === -1;
}

/** Bun's sockets have their descriptor, though its types do not say so. */
function descriptorOf(socket: Socket<End>): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
}
