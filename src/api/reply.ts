import type { Duplex } from "node:stream";
import type { HijackReply, HttpRequest, StreamReply, WholeReply } from "./http/exchange.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

/** A reply without a body. */
export function empty(status: number): WholeReply {
  return { kind: "whole", status, headers: {}, body: "" };
}

/** A JSON value, with the line end that Go's encoder puts after it. */
export function json(status: number, value: unknown): WholeReply {
  return { kind: "whole", status, headers: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

export function text(status: number, body: string): WholeReply {
  const headers = { "Content-Type": "text/plain; charset=utf-8" };
  return { kind: "whole", status, headers, body };
}

/** A reply of which the head is there at once and the rest as it comes. */
export function stream(
  contentType: string,
  pieces: AsyncIterable<string | Uint8Array>,
): StreamReply {
  return { kind: "stream", status: 200, headers: { "Content-Type": contentType }, stream: pieces };
}

/**
 * Takes the connection over, as attach and exec do: with a changed protocol for clients that ask for
 * it, and the old way, by a reply that never ends, for those that do not.
 */
export function hijack(
  request: HttpRequest,
  contentType: string,
  serve: (client: Duplex) => Promise<void>,
): HijackReply {
  if (request.upgrade === undefined) {
    const headers = { "Content-Type": "application/vnd.docker.raw-stream" };
    return { kind: "hijack", status: 200, reason: "OK", headers, serve };
  }
  const headers = { "Content-Type": contentType, Connection: "Upgrade", Upgrade: request.upgrade };
  return { kind: "hijack", status: 101, reason: "UPGRADED", headers, serve };
}
