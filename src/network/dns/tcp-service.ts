import { frameMessage, MessageStream } from "./message-stream.ts";
import type { Responder } from "./responder.ts";
import { TcpOutput } from "./tcp-output.ts";

const MAX_CONNECTIONS = 64;
const IDLE_SECONDS = 10;
/** After so many messages of one client everybody else has a turn. */
const MESSAGES_A_TURN = 64;
/** A client that asks and does not read is not waited for. */
const MAX_WAITING_BYTES = 256 * 1024;

interface Connection {
  readonly stream: MessageStream;
  readonly output: TcpOutput;
  /** Messages whose turn has not come. */
  readonly messages: Buffer[];
}

type Socket = Bun.Socket<Connection>;

/** The TCP side of a name server: messages in, answers out, in any order. RFC 7766. */
export class TcpService implements Disposable {
  readonly #responder: Responder;
  readonly #listener: Bun.TCPSocketListener<Connection>;
  readonly #sockets = new Set<Socket>();

  /** Opens it in the network namespace that the thread is in, at a port that the kernel picks. */
  constructor(hostname: string, responder: Responder) {
    this.#responder = responder;
    this.#listener = Bun.listen<Connection>({
      hostname,
      port: 0,
      socket: {
        open: (socket) => this.#accept(socket),
        data: (socket, bytes) => this.#receive(socket, bytes),
        drain: ({ data }) => data.output.drain(),
        timeout: (socket) => void socket.terminate(),
        close: (socket) => void this.#sockets.delete(socket),
        // The close that follows says enough.
        error: () => undefined,
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  #accept(socket: Socket): void {
    if (this.#sockets.size >= MAX_CONNECTIONS) {
      socket.terminate();
      return;
    }
    this.#sockets.add(socket);
    socket.data = { stream: new MessageStream(), output: new TcpOutput(socket), messages: [] };
    socket.timeout(IDLE_SECONDS);
  }

  #receive(socket: Socket, bytes: Uint8Array): void {
    if (!this.#sockets.has(socket)) return;
    socket.timeout(IDLE_SECONDS);
    const { stream, messages } = socket.data;
    const isBusy = messages.length > 0;
    messages.push(...stream.push(bytes));
    if (!isBusy) this.#takeTurn(socket);
  }

  #takeTurn(socket: Socket): void {
    if (!this.#sockets.has(socket)) return;
    const { messages } = socket.data;
    for (const bytes of messages.splice(0, MESSAGES_A_TURN)) {
      this.#responder.respond({
        bytes,
        transport: "tcp",
        reply: (answer) => this.#reply(socket, answer),
      });
    }
    if (messages.length === 0) {
      socket.resume();
    } else {
      socket.pause();
      setImmediate(() => this.#takeTurn(socket));
    }
  }

  #reply(socket: Socket, answer: Buffer): void {
    if (!this.#sockets.has(socket)) return;
    const { output } = socket.data;
    output.write(frameMessage(answer));
    if (output.waitingBytes > MAX_WAITING_BYTES) socket.terminate();
  }
}
