import { setAside } from "../../linux/set-aside.ts";
import { setReceiveBuffer } from "../../linux/socket.ts";
import { SysError } from "../../linux/syscall.ts";
import { openNow } from "./open-now.ts";

/** The bytes hold until the function returns. */
export type Receive = (bytes: Buffer, port: number, address: string) => void;

/**
 * After so many datagrams everybody else has a turn. Bun reads a socket until it is empty, which the
 * socket of someone who floods never is.
 */
const DATAGRAMS_A_TURN = 64;

/** About a thousand queries: what a container may have on its way is not lost while others have a turn. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

interface Datagram {
  readonly bytes: Buffer;
  readonly port: number;
  readonly address: string;
}

/** A UDP socket that does not keep the event loop for itself, however much comes. */
export class FairUdpSocket implements Disposable {
  readonly #socket: Bun.udp.Socket<"buffer">;
  /** Since the event loop was last round. */
  #datagrams = 0;
  #pause: Disposable | undefined;
  /** Answers that were written during the pause. */
  readonly #waiting: Datagram[] = [];

  /** Opens it in the network namespace that the thread is in, at a port that the kernel picks. */
  constructor(address: string, receive: Receive) {
    this.#socket = openNow(
      Bun.udpSocket({
        hostname: address,
        port: 0,
        socket: {
          data: (_socket, bytes, ...[port, sender]) => {
            this.#takeTurn();
            receive(bytes, port, sender);
          },
          // Tells that a client has gone before its answer came.
          error: () => undefined,
        },
      }),
    );
    setReceiveBuffer(fdOf(this.#socket), RECEIVE_BUFFER_BYTES);
  }

  get port(): number {
    return this.#socket.port;
  }

  /** Sends, or leaves it to the client to ask again. */
  send(bytes: Buffer, port: number, address: string): void {
    if (this.#socket.closed) return;
    if (this.#pause === undefined) this.#send(bytes, port, address);
    else this.#waiting.push({ bytes: Buffer.from(bytes), port, address });
  }

  [Symbol.dispose](): void {
    this.#resume();
    this.#socket.close();
  }

  #takeTurn(): void {
    this.#datagrams += 1;
    if (this.#datagrams === 1) setImmediate(() => this.#endTurn());
    if (this.#datagrams === DATAGRAMS_A_TURN) this.#pause = trySetAside(fdOf(this.#socket));
  }

  #endTurn(): void {
    this.#datagrams = 0;
    this.#resume();
  }

  #resume(): void {
    this.#pause?.[Symbol.dispose]();
    this.#pause = undefined;
    for (const { bytes, port, address } of this.#waiting.splice(0)) {
      this.#send(bytes, port, address);
    }
  }

  #send(bytes: Buffer, port: number, address: string): void {
    try {
      this.#socket.send(bytes, port, address);
    } catch {
      // Mostly an error that an earlier datagram left behind, to a client that has gone: it is told once.
      this.#sendAgain(bytes, port, address);
    }
  }

  #sendAgain(bytes: Buffer, port: number, address: string): void {
    try {
      this.#socket.send(bytes, port, address);
    } catch {
      // Such as port 0: no answer could reach that.
    }
  }
}

/** Where no descriptor is left there is no pause: a client's datagrams must not throw. */
function trySetAside(fd: number): Disposable | undefined {
  try {
    return setAside(fd);
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

/** Bun has it, and its types do not. */
function fdOf(socket: Bun.udp.Socket<"buffer">): number {
  const { fd } = socket as { readonly fd?: unknown };
  if (typeof fd === "number") return fd;
  throw new TypeError("A UDP socket has no descriptor");
}
