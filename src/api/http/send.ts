import type { Socket } from "node:net";
import type { HeaderFields, StreamReply, WholeReply } from "./exchange.ts";
import type { RequestHead } from "./head.ts";
import { untilGone } from "./pump.ts";
import { encodeChunk, encodeHead, httpDate, write } from "./writer.ts";

const LAST_CHUNK = "0\r\n\r\n";

/** What a reply needs to know of its request and its connection. */
export interface Exchange {
  readonly socket: Socket;
  readonly head: RequestHead;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
  /** Whether the connection can take another request after this one. */
  mayFollow(): boolean;
}

/** Sends a reply that is all there; returns whether another request may follow. */
export async function sendWhole(reply: WholeReply, exchange: Exchange): Promise<boolean> {
  const { socket, head } = exchange;
  const again = exchange.mayFollow();
  const bytes = Buffer.from(reply.body);
  const text = encodeHead(reply.status, {
    ...reply.headers,
    Date: httpDate(),
    ...(hasNoBody(reply.status) ? {} : { "Content-Length": String(bytes.length) }),
    ...connectionField(again, head),
  });
  const silent = head.method === "HEAD" || hasNoBody(reply.status);
  const sent = await write(
    socket,
    silent ? text : Buffer.concat([Buffer.from(text, "latin1"), bytes]),
  );
  return again && sent;
}

/** Sends the head at once and each piece as it comes; returns whether another request may follow. */
export async function sendStream(reply: StreamReply, exchange: Exchange): Promise<boolean> {
  const { socket, head, gone } = exchange;
  // Without chunks only the end of the connection ends the reply.
  const again = head.http11 && exchange.mayFollow();
  const text = encodeHead(reply.status, {
    ...reply.headers,
    Date: httpDate(),
    ...(head.http11 ? { "Transfer-Encoding": "chunked" } : {}),
    ...connectionField(again, head),
  });
  const isHeard = await write(socket, text);
  if (!isHeard || head.method === "HEAD") {
    leave(reply.stream);
    return isHeard && again;
  }

  const frame = head.http11 ? encodeChunk : (piece: Uint8Array) => piece;
  for await (const piece of untilGone(reply.stream, gone)) {
    const bytes = Buffer.from(piece);
    // An empty chunk would end the reply.
    if (bytes.length > 0 && !(await write(socket, frame(bytes)))) return false;
  }
  return (!head.http11 || (await write(socket, LAST_CHUNK))) && again;
}

/** What nobody begins to read may hold something all the same. */
function leave(stream: StreamReply["stream"]): void {
  stream[Symbol.asyncIterator]()
    .return?.()
    .catch(() => {});
}

function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

function connectionField(again: boolean, head: RequestHead): HeaderFields {
  if (!again) return { Connection: "close" };
  return head.http11 ? {} : { Connection: "keep-alive" };
}
