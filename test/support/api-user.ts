import type { TestDaemon } from "./daemon.ts";
import { RawClient } from "./raw-http.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** Docker's error text, where this is an error. */
  readonly message: string;
}

/** Somebody who talks to a daemon's API in raw HTTP, and sees exactly what comes back. */
export class ApiUser {
  readonly #daemon: TestDaemon;

  constructor(daemon: TestDaemon) {
    this.#daemon = daemon;
  }

  /** Any request; a body that is no text or bytes goes as JSON. */
  async ask(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const answer = await this.#daemon.fetch(path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, message: messageOf(text) };
  }

  /** A request that must succeed; returns the JSON of the answer. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect of Docker's JSON.
  async json(method: string, path: string, body?: unknown): Promise<any> {
    const { status, text } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Makes a container of busybox that runs a shell line; returns its id. */
  async create(line: string, config: object = {}): Promise<string> {
    const body = { Image: "busybox", Cmd: ["sh", "-c", line], ...config };
    return (await this.json("POST", "/containers/create", body)).Id;
  }

  /** Makes a container, and starts it. */
  async run(line: string, config: object = {}): Promise<string> {
    const id = await this.create(line, config);
    await this.json("POST", `/containers/${id}/start`);
    return id;
  }

  /** Waits for a container's end and returns its exit code. */
  async wait(id: string): Promise<number> {
    return (await this.json("POST", `/containers/${id}/wait`)).StatusCode;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above.
  inspect(id: string): Promise<any> {
    return this.json("GET", `/containers/${id}/json`);
  }

  async remove(id: string): Promise<void> {
    await this.ask("DELETE", `/containers/${id}?force=1&v=1`);
  }

  /** Sends a request on a connection of its own, which stays open; `more` are further head lines. */
  async open(method: string, path: string, more: OpenOptions = {}): Promise<OpenStream> {
    const client = await RawClient.connect(this.#daemon.socket);
    const body = more.body === undefined ? "" : JSON.stringify(more.body);
    const head = [
      `${method} ${path} HTTP/1.1`,
      "Host: docker",
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...(more.upgrade === true ? ["Connection: Upgrade", "Upgrade: tcp"] : []),
    ];
    client.send(`${head.join("\r\n")}\r\n\r\n${body}`);
    return new OpenStream(client);
  }
}

export interface OpenOptions {
  readonly body?: object;
  /** The newer form of taking a connection over; without it the older. */
  readonly upgrade?: boolean;
}

const STREAMS = ["stdin", "stdout", "stderr", "error"];

/** A connection whose answer goes on. */
export class OpenStream implements Disposable {
  readonly client: RawClient;

  constructor(client: RawClient) {
    this.client = client;
  }

  /** The first line of the answer and its headers, once they are there. */
  async head(): Promise<string> {
    const text = await this.client.until("\r\n\r\n");
    return text.slice(0, text.indexOf("\r\n\r\n"));
  }

  /** What came after the headers. */
  get body(): string {
    const at = this.client.text.indexOf("\r\n\r\n");
    return at < 0 ? "" : this.client.text.slice(at + 4);
  }

  /** The body taken apart, all that came of each stream. */
  get frames(): Readonly<Record<string, string>> {
    const bytes = Buffer.from(this.body, "latin1");
    const found: Record<string, string> = {};
    for (let at = 0; at + 8 <= bytes.length; ) {
      const size = bytes.readUInt32BE(at + 4);
      const name = STREAMS[bytes[at] ?? -1] ?? `stream ${bytes[at]}`;
      found[name] = (found[name] ?? "") + bytes.toString("utf8", at + 8, at + 8 + size);
      at += 8 + size;
    }
    return found;
  }

  send(text: string | Uint8Array): void {
    this.client.send(text);
  }

  /** Ends what is sent; what comes back still comes. */
  halfClose(): void {
    this.client.socket.end();
  }

  /** Goes away without a word. */
  vanish(): void {
    this.client.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.vanish();
  }
}

function messageOf(text: string): string {
  try {
    return String(JSON.parse(text)?.message ?? "");
  } catch {
    // Not every answer is JSON.
    return "";
  }
}
