import type { Socket } from "node:net";
import { RequestBody } from "./body.ts";
import type { Handler, HijackReply, Reply, StreamReply, WholeReply } from "./exchange.ts";
import { HttpFailure } from "./failure.ts";
import { parseHead, type RequestHead } from "./head.ts";
import type { HttpLimits } from "./limits.ts";
import { untilGone } from "./pump.ts";
import { ByteSource } from "./source.ts";
import { encodeChunk, encodeHead, httpDate, write } from "./writer.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";

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
    return this.#send(reply, { head, body, gone: gone.signal });
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
        return this.#sendWhole(reply, exchange);
      case "stream":
        return this.#sendStream(reply, exchange);
      case "hijack":
        return this.#hijack(reply);
    }
  }

  async #sendWhole(reply: WholeReply, { head, body }: Exchange): Promise<boolean> {
    const again = this.#mayFollow(head, body);
    const bytes = Buffer.from(reply.body);
    const text = encodeHead(reply.status, {
      ...reply.headers,
      Date: httpDate(),
      ...(hasNoBody(reply.status) ? {} : { "Content-Length": String(bytes.length) }),
      ...connectionField(again, head),
    });
    const silent = head.method === "HEAD" || hasNoBody(reply.status);
    const sent = await write(
      this.#socket,
      silent ? text : Buffer.concat([Buffer.from(text, "latin1"), bytes]),
    );
    return again && sent;
  }

  async #sendStream(reply: StreamReply, exchange: Exchange): Promise<boolean> {
    const { head, body, gone } = exchange;
    // Without chunks only the end of the connection ends the reply.
    const again = head.http11 && this.#mayFollow(head, body);
    const text = encodeHead(reply.status, {
      ...reply.headers,
      Date: httpDate(),
      ...(head.http11 ? { "Transfer-Encoding": "chunked" } : {}),
      ...connectionField(again, head),
    });
    if (!(await write(this.#socket, text))) return false;
    if (head.method === "HEAD") return again;

    const frame = head.http11 ? encodeChunk : (piece: Uint8Array) => piece;
    for await (const piece of untilGone(reply.stream, gone)) {
      const bytes = Buffer.from(piece);
      // An empty chunk would end the reply.
      if (bytes.length > 0 && !(await write(this.#socket, frame(bytes)))) return false;
    }
    return (!head.http11 || (await write(this.#socket, LAST_CHUNK))) && again;
  }

  async #hijack(reply: HijackReply): Promise<false> {
    this.#hijacked = true;
    this.#source.release();
    const socket = this.#socket;
    flowWhenHeard(socket);
    socket.write(encodeHead(reply.status, reply.headers, reply.reason));
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    await Promise.race([reply.serve(socket).catch(this.#options.onError), closed]);
    await this.#linger();
    return false;
  }

  /** What was left of a body in the way would be read as the next request. */
  #mayFollow(head: RequestHead, body: RequestBody): boolean {
    return head.keepAlive && body.complete && !this.#closing;
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
    this.#source.release();
    await this.#linger();
  }

  /**
   * Ends our side once all is sent, and waits a little for the client to end its own: closing over
   * unread bytes resets the connection, and the client may lose the reply.
   */
  async #linger(): Promise<void> {
    const { drainBytes, lingerMs } = this.#options.limits;
    const socket = this.#socket;
    if (socket.destroyed) return;

    const over = Promise.withResolvers<void>();
    let drained = 0;
    socket.on("data", (chunk: Buffer) => {
      drained += chunk.length;
      if (drained > drainBytes) over.resolve();
    });
    socket.on("end", over.resolve);
    socket.on("close", over.resolve);
    if (socket.readableEnded) over.resolve();
    socket.resume();

    await sent(socket);
    const timer = setTimeout(over.resolve, lingerMs);
    await over.promise;
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Ends a socket's output, and waits until the client has taken all of it or gone. */
function sent(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("close", () => resolve());
    socket.end(() => resolve());
  });
}

/** What a reply needs to know of its request. */
interface Exchange {
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly gone: AbortSignal;
}

/** A paused stream stays so when a listener comes, which who is given a fresh one does not expect. */
function flowWhenHeard(socket: Socket): void {
  socket.on("newListener", (event) => {
    if (event === "data") queueMicrotask(() => socket.resume());
  });
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

function connectionField(again: boolean, head: RequestHead): Readonly<Record<string, string>> {
  if (!again) return { Connection: "close" };
  return head.http11 ? {} : { Connection: "keep-alive" };
}
