import { createHash } from "node:crypto";
import { Duplex } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { HijackReply, HttpRequest } from "./exchange.ts";
import { encodeWebSocketFrame, OPCODE, WebSocketDecoder } from "./web-socket-frames.ts";

/** "The server would append the string …, take the SHA-1 hash of this, giving …". RFC 6455, 1.3 */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const NORMAL_CLOSURE = Buffer.of(1000 >> 8, 1000 & 0xff);

/** How messages to the client are marked. */
export interface WebSocketOptions {
  readonly binary: boolean;
}

/** Turns the connection into a WebSocket, whose messages are a byte stream to `serve`. */
export function upgradeToWebSocket(
  request: HttpRequest,
  { binary }: WebSocketOptions,
  serve: (client: Duplex) => Promise<void>,
): HijackReply {
  const key = request.headers.get("sec-websocket-key");
  if (request.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
    throw new EngineError("invalid", "not websocket protocol");
  }
  const opcode = binary ? OPCODE.binary : OPCODE.text;
  return {
    kind: "hijack",
    status: 101,
    reason: "Switching Protocols",
    headers: {
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": createHash("sha1")
        .update(key + GUID)
        .digest("base64"),
    },
    serve: async (client) => {
      const stream = new WebSocketStream(client, opcode);
      await serve(stream);
      if (!stream.destroyed) await new Promise<void>((resolve) => stream.end(() => resolve()));
    },
  };
}

/** The messages of a WebSocket as bytes both ways. Its end is the end of the connection. */
class WebSocketStream extends Duplex {
  readonly #client: Duplex;
  readonly #opcode: number;
  readonly #decoder = new WebSocketDecoder();

  constructor(client: Duplex, opcode: number) {
    super({ allowHalfOpen: true });
    this.#client = client;
    this.#opcode = opcode;
    client.on("data", (bytes: Uint8Array) => this.#take(bytes));
    client.on("end", () => this.destroy());
    client.on("error", () => this.destroy());
    client.on("close", () => this.destroy());
  }

  override _read(): void {
    this.#client.resume();
  }

  override _write(
    bytes: Uint8Array,
    _encoding: string,
    done: (error?: Error | null) => void,
  ): void {
    this.#client.write(encodeWebSocketFrame(this.#opcode, bytes), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#close(NORMAL_CLOSURE, done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#client.writableEnded) this.#client.destroy();
    done(error);
  }

  #take(bytes: Uint8Array): void {
    try {
      for (const { opcode, payload } of this.#decoder.push(bytes)) this.#act(opcode, payload);
    } catch {
      // What it sends is no WebSocket: there is nobody to tell.
      this.destroy();
    }
  }

  #act(opcode: number, payload: Buffer): void {
    switch (opcode) {
      case OPCODE.continuation:
      case OPCODE.text:
      case OPCODE.binary:
        if (payload.length > 0 && !this.push(payload)) this.#client.pause();
        return;
      case OPCODE.ping:
        this.#client.write(encodeWebSocketFrame(OPCODE.pong, payload));
        return;
      case OPCODE.close:
        this.#close(payload.subarray(0, 2), () => this.destroy());
        return;
    }
  }

  /** Each side says once that it is over; the one that hears it first answers. */
  #close(code: Uint8Array, done: () => void): void {
    if (this.#client.writableEnded) done();
    else this.#client.end(encodeWebSocketFrame(OPCODE.close, code), () => done());
  }
}
