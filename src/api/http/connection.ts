import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { RequestBody } from "./body.ts";
import type { Handler, HijackReply, Reply } from "./exchange.ts";
import { HttpFailure } from "./failure.ts";
import { parseHead, type RequestHead } from "./head.ts";
import type { HttpLimits } from "./limits.ts";
import { linger } from "./linger.ts";
import { type Exchange, sendStream, sendWhole } from "./send.ts";
import { ByteSource } from "./source.ts";
import { closeWhenVanished } from "./vanished.ts";
import { encodeHead } from "./writer.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** What every connection of a server shares. */
export interface ConnectionOptions {
  readonly handler: Handler;
  readonly limits: HttpLimits;
  /** Hears what broke a reply that had begun: it can no longer be told to the client. */
  readonly onError: (error: unknown) => void;
}

/** One client's connection: its requests in order, each answered before the next is looked at. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #source: ByteSource;
  #idle = true;
  #closing = false;
  #hijacked = false;
  /** Ends what waits on behalf of the client. */
  #leave = new AbortController();

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#source = new ByteSource(socket);
    // A reset shows as the end of the source; without a listener it would end the process.
    socket.on("error", () => {});
  }

  /** Serves the client until it or the server has enough. */
  async run(): Promise<void> {
    try {
      while (!this.#closing && (await this.#serveOne())) this.#idle = true;
    } catch (error) {
      if (error instanceof HttpFailure) this.#refuse(error);
      else this.#options.onError(error);
    }
    if (!this.#hijacked) await this.#finish();
  }

  /** Closes it now, or after a reply that has an end; replies that may not have one are told to. */
  closeSoon(): void {
    this.#closing = true;
    if (this.#idle || this.#hijacked) this.destroy();
    else this.#leave.abort();
  }

  /** Closes it now, whatever is under way. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Returns whether another request may follow. */
  async #serveOne(): Promise<boolean> {
    const head = await this.#readHead();
    if (head === undefined) return false;

    this.#idle = false;
    const gone = new AbortController();
    const leave = new AbortController();
    this.#leave = leave;
    this.#source.onEnd = () => {
      gone.abort();
      leave.abort();
    };
    const body = new RequestBody(this.#source, head.framing, this.#options.limits);
    body.onRead = () => {
      if (head.expectsContinue) this.#socket.write(CONTINUE);
    };
    if (this.#source.ended && body.complete) this.#source.onEnd();

    const { method, target, headers, upgrade } = head;
    const request = { method, target, headers, upgrade, body, signal: leave.signal };
    const reply = await this.#options.handler(request);
    return this.#send(reply, {
      socket: this.#socket,
      head,
      gone: gone.signal,
      // What was left of a body in the way would be read as the next request.
      mayFollow: () => head.keepAlive && body.complete && !this.#closing,
    });
  }

  async #readHead(): Promise<RequestHead | undefined> {
    const { limits } = this.#options;
    const idleTimer = setTimeout(() => this.destroy(), limits.idleTimeoutMs);
    const first = await this.#source.hasMoreThan(0);
    clearTimeout(idleTimer);
    if (!first) return undefined;

    const late = () => this.#source.fail(new HttpFailure(408, "the request head took too long"));
    const headTimer = setTimeout(late, limits.headTimeoutMs);
    const text = await this.#source
      .takeUntil("\r\n\r\n", { bytes: limits.headBytes, status: 431, message: "head too large" })
      .finally(() => clearTimeout(headTimer));
    // An empty line before a request is to be ignored. RFC 9112, 2.2.
    return text === undefined
      ? undefined
      : parseHead(text.replace(/^\r\n/, ""), limits.headerCount);
  }

  #send(reply: Reply, exchange: Exchange): Promise<boolean> {
    switch (reply.kind) {
      case "whole":
        return sendWhole(reply, exchange);
      case "stream":
        return sendStream(reply, exchange);
      case "hijack":
        return this.#hijack(reply);
    }
  }

  async #hijack(reply: HijackReply): Promise<false> {
    this.#hijacked = true;
    const socket = this.#socket;
    const client = this.#source.release();
    flowWhenHeard(client);
    closeWhenVanished(socket);
    socket.write(encodeHead(reply.status, reply.headers, reply.reason));
    const closed = new Promise<void>((resolve) => {
      socket.on("close", () => resolve());
      if (socket.destroyed) resolve();
    });
    await Promise.race([reply.serve(client).catch(this.#options.onError), closed]);
    await linger(client, socket, this.#options.limits);
    return false;
  }

  #refuse({ status, message }: HttpFailure): void {
    const headers = {
      "Content-Type": "text/plain; charset=utf-8",
      "Content-Length": String(Buffer.byteLength(message)),
      Connection: "close",
    };
    if (this.#socket.writable) this.#socket.write(encodeHead(status, headers) + message);
  }

  async #finish(): Promise<void> {
    const client = this.#source.release();
    await linger(client, this.#socket, this.#options.limits);
  }
}

/** A paused stream stays so when a listener comes, which who is given a fresh one does not expect. */
function flowWhenHeard(client: Duplex): void {
  client.on("newListener", (event) => {
    if (event === "data") queueMicrotask(() => client.resume());
  });
}
