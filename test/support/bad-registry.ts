import { createServer, type Server, type Socket } from "node:net";

/** A request, of which the body is read when the script wants it. */
export class BadRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly #input: Input;
  #bodyEnd = false;
  #readBytes = 0;

  constructor(head: string, input: Input) {
    const [first = "", ...lines] = head.split("\r\n");
    const [method = "", path = ""] = first.split(" ");
    this.method = method;
    this.path = path;
    this.headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    this.#input = input;
  }

  header(name: string): string | undefined {
    return this.headers.get(name);
  }

  /** The body, or as soon as there is that much the beginning of it. */
  async readBody(maxBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    while (length < maxBytes && !this.#bodyEnd) {
      const part = await this.#readPart();
      parts.push(part);
      length += part.length;
    }
    return Buffer.concat(parts);
  }

  async #readPart(): Promise<Buffer> {
    if (this.headers.get("transfer-encoding") === "chunked") {
      const size = Number.parseInt(await this.#input.readUntil("\r\n"), 16);
      const part = await this.#input.read(size);
      await this.#input.readUntil("\r\n");
      if (size === 0) this.#bodyEnd = true;
      return part;
    }
    const size = Number(this.headers.get("content-length") ?? 0) - this.#readBytes;
    const part = size === 0 ? Buffer.alloc(0) : await this.#input.readSome(size);
    this.#readBytes += part.length;
    if (part.length === size) this.#bodyEnd = true;
    return part;
  }
}

/** Says to a client whatever a test wants, well-formed or not. */
export class BadReply {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A whole answer as it should be. */
  send(
    status: number,
    headers: Readonly<Record<string, string | number>> = {},
    body: string | Uint8Array = "",
  ): void {
    this.head(status, { "content-length": Buffer.byteLength(body), ...headers });
    this.#socket.write(body);
  }

  sendJson(status: number, value: unknown): void {
    this.send(status, { "content-type": "application/json" }, JSON.stringify(value));
  }

  head(status: number, headers: Readonly<Record<string, string | number>>): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n`);
  }

  /** Waits until the client takes more. False once it has gone away. */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    if (this.#socket.destroyed) return false;
    if (this.#socket.write(bytes)) return true;
    await new Promise<void>((resolve) => {
      this.#socket.once("drain", resolve);
      this.#socket.once("close", resolve);
    });
    return !this.#socket.destroyed;
  }

  /** Ends the connection after what was written. */
  end(): void {
    this.#socket.end();
  }

  /** Cuts the connection. */
  cut(): void {
    this.#socket.destroy();
  }

  closed(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }
}

/** What a bad registry does with each request but the first, for `/v2/`, which it takes well. */
export type Script = (request: BadRequest, reply: BadReply) => void | Promise<void>;

export interface BadRegistryOptions {
  /** Where false, the script also has to answer for `/v2/`. */
  readonly takesPing?: boolean;
  readonly address?: string;
}

/** A server that misbehaves as a test tells it to. */
export class BadRegistry implements AsyncDisposable {
  /** All but those for `/v2/`, oldest first. */
  readonly requests: BadRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #script: Script;
  readonly #takesPing: boolean;
  readonly #address: string;
  #failure: unknown;

  private constructor(script: Script, { takesPing, address }: Required<BadRegistryOptions>) {
    this.#script = script;
    this.#takesPing = takesPing;
    this.#address = address;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(
    script: Script,
    { takesPing = true, address = "127.0.0.1" }: BadRegistryOptions = {},
  ): Promise<BadRegistry> {
    const registry = new BadRegistry(script, { takesPing, address });
    await new Promise<void>((resolve) => registry.#server.listen(0, address, resolve));
    return registry;
  }

  get host(): string {
    const listening = this.#server.address();
    if (typeof listening !== "object" || listening === null) throw new Error("Not listening");
    return `${this.#address}:${listening.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Also tells what went wrong in the script, which its client cannot know. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    // Clients go away in the midst of things; that is what is tested.
    socket.on("error", () => socket.destroy());
    this.#converse(socket).catch((error: unknown) => {
      if (!(error instanceof GoneError)) this.#failure = error;
      socket.destroy();
    });
  }

  async #converse(socket: Socket): Promise<void> {
    const input = new Input(socket);
    const reply = new BadReply(socket);
    for (;;) {
      const request = new BadRequest(await input.readUntil("\r\n\r\n"), input);
      if (this.#takesPing && request.path === "/v2/") {
        reply.send(200, {}, "{}");
        continue;
      }
      this.requests.push(request);
      await this.#script(request, reply);
      await request.readBody();
    }
  }
}

const TLS_HANDSHAKE = 0x16;

class GoneError extends Error {}

/** What came over a socket and was not read yet. */
class Input {
  #buffer = Buffer.alloc(0);
  #isEnded = false;
  #wake: () => void = () => undefined;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A client that tries TLS first is told at once that there is none.
    socket.once("data", (bytes: Buffer) => {
      if (bytes[0] === TLS_HANDSHAKE) socket.destroy();
    });
    socket.on("data", (bytes: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, bytes]);
      socket.pause();
      this.#wake();
    });
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#isEnded = true;
        this.#wake();
      });
    }
  }

  async readUntil(mark: string): Promise<string> {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at >= 0) {
        const text = this.#buffer.subarray(0, at).toString("latin1");
        this.#buffer = this.#buffer.subarray(at + mark.length);
        return text;
      }
      await this.#more();
    }
  }

  async read(size: number): Promise<Buffer> {
    while (this.#buffer.length < size) await this.#more();
    return this.#take(size);
  }

  /** At least a byte. */
  async readSome(maxBytes: number): Promise<Buffer> {
    while (this.#buffer.length === 0) await this.#more();
    return this.#take(Math.min(maxBytes, this.#buffer.length));
  }

  #take(size: number): Buffer {
    const bytes = this.#buffer.subarray(0, size);
    this.#buffer = this.#buffer.subarray(size);
    return bytes;
  }

  async #more(): Promise<void> {
    if (this.#isEnded) throw new GoneError("The client has gone");
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#socket.resume();
    await woken;
  }
}
