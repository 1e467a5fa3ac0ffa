import { connect, type IpcNetConnectOpts, type Socket } from "node:net";
import { join } from "node:path";
import type { Handler, HttpRequest, Reply } from "../../src/api/http/exchange.ts";
import { DEFAULT_LIMITS, type HttpLimits } from "../../src/api/http/limits.ts";
import { type HttpServer, startHttpServer } from "../../src/api/http/server.ts";
import { PATIENCE_MS } from "./patience.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

export interface TestServer extends AsyncDisposable {
  readonly path: string;
  readonly server: HttpServer;
  readonly errors: unknown[];
}

/** An HTTP server on a unix socket of its own, with one handler for everything. */
export async function serve(
  handler: Handler,
  limits: Partial<HttpLimits> = {},
): Promise<TestServer> {
  const directory = new TemporaryDirectory();
  const path = join(directory.path, "s");
  const errors: unknown[] = [];
  const server = await startHttpServer({
    hosts: [`unix://${path}`],
    handler,
    limits: { ...DEFAULT_LIMITS, ...limits },
    onError: (error) => errors.push(error),
  });
  return {
    path,
    server,
    errors,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      directory[Symbol.dispose]();
    },
  };
}

/** A handler that answers with what it was asked. */
export async function echo(request: HttpRequest): Promise<Reply> {
  try {
    const body = Buffer.concat(await Array.fromAsync(request.body));
    return whole(200, `${request.method} ${request.target} ${body.toString("latin1")}`);
  } catch (error) {
    return whole(400, String(error));
  }
}

export function whole(status: number, body: string): Reply {
  return { kind: "whole", status, headers: {}, body };
}

/** A client that sends exactly what the test says, and sees exactly what comes back. */
export class RawClient {
  readonly socket: Socket;
  text = "";
  ended = false;
  closed = false;
  #changed = () => {};

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.#note(() => (this.text += chunk.toString("latin1"))));
    socket.on("end", () => this.#note(() => (this.ended = true)));
    socket.on("close", () => this.#note(() => (this.closed = true)));
    socket.on("error", () => {});
  }

  static connect(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ path, allowHalfOpen: true } as IpcNetConnectOpts);
      socket.once("error", reject);
      socket.once("connect", () => resolve(new RawClient(socket)));
    });
  }

  send(text: string | Uint8Array): void {
    this.socket.write(typeof text === "string" ? Buffer.from(text, "latin1") : text);
  }

  /** Waits until what came back holds this. */
  async until(wanted: string | RegExp): Promise<string> {
    const found = () =>
      typeof wanted === "string" ? this.text.includes(wanted) : wanted.test(this.text);
    await this.#when(() => found() || this.ended || this.closed, String(wanted));
    if (!found()) throw new Error(`ended without ${wanted}: ${JSON.stringify(this.text)}`);
    return this.text;
  }

  /** Waits for the server's end of the connection. */
  async end(): Promise<string> {
    await this.#when(() => this.ended || this.closed, "the end");
    return this.text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #note(change: () => void): void {
    change();
    this.#changed();
  }

  async #when(holds: () => boolean, what: string): Promise<void> {
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!holds()) {
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        late.onabort = () =>
          reject(new Error(`waited for ${what}, have ${JSON.stringify(this.text)}`));
      });
    }
    late.onabort = null;
  }
}

/** Sends one text and returns all that comes back until the server's end. */
export async function talk(path: string, text: string): Promise<string> {
  using client = await RawClient.connect(path);
  client.send(text);
  return await client.end();
}
