import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Descriptor } from "../../src/linux/fd.ts";
import { syscall } from "../../src/linux/syscall.ts";
import { waitUntil } from "./wait-until.ts";

/** Who takes logs, over a stream or by datagrams. */
export class LogReceiver implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly pieces: Buffer[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** On a port of loopback, or at a path. */
  static async listen(
    where: number | string = 0,
    options: { tls?: { key: string; cert: string }; answer?: (bytes: Buffer) => Buffer } = {},
  ): Promise<LogReceiver> {
    const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
    const receiver = new LogReceiver(server);
    server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      socket.on("data", async (bytes: Buffer) => {
        receiver.pieces.push(bytes);
        const answer = options.answer?.(bytes) ?? Buffer.alloc(0);
        // In pieces, as it may come over a real network.
        for (const byte of answer) {
          socket.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
      });
    });
    if (typeof where === "string") server.listen(where);
    else server.listen(where, "127.0.0.1");
    await once(server, "listening");
    return receiver;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }

  async until(text: string): Promise<string> {
    await waitUntil(`"${text}" came`, () => this.text.includes(text));
    return this.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

/** Who takes logs by UDP. */
export class UdpReceiver implements AsyncDisposable {
  readonly #socket = createSocket("udp4");
  readonly datagrams: Buffer[] = [];

  private constructor() {
    this.#socket.on("message", (bytes) => void this.datagrams.push(bytes));
  }

  static async listen(): Promise<UdpReceiver> {
    const receiver = new UdpReceiver();
    const listening = once(receiver.#socket, "listening");
    receiver.#socket.bind(0, "127.0.0.1");
    await listening;
    return receiver;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async until(count: number): Promise<readonly Buffer[]> {
    await waitUntil(`${count} datagrams came`, () => this.datagrams.length >= count);
    return this.datagrams;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Who takes datagrams at a path. */
export class PathReceiver implements Disposable {
  readonly #socket: Descriptor;

  constructor(path: string) {
    const [AF_UNIX, SOCK_DGRAM] = [1, 2];
    this.#socket = new Descriptor(syscall("socket", { args: [AF_UNIX, SOCK_DGRAM, 0] }));
    const name = Buffer.from(`\x01\0${path}\0`);
    syscall("bind", { subject: path, args: [this.#socket.number, name, name.length] });
  }

  /** What was sent already. */
  receive(): string {
    const bytes = Buffer.alloc(65_536);
    const MSG_DONTWAIT = 0x40;
    const args = [this.#socket.number, bytes, bytes.length, MSG_DONTWAIT, 0, 0];
    return bytes.toString("utf8", 0, syscall("recvfrom", { args }));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
