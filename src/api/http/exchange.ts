import type { Duplex } from "node:stream";
import type { RequestBody } from "./body.ts";

/** One request, as a handler sees it. */
export interface HttpRequest {
  readonly method: string;
  /** As sent: an absolute path with an optional query. */
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody;
  /** The protocol that the client wants to change to, such as `tcp`. */
  readonly upgrade: string | undefined;
  /** Fires when the client has gone, or is to go: what waits on its behalf then ends. */
  readonly signal: AbortSignal;
}

export type HeaderFields = Readonly<Record<string, string>>;

/** What a handler answers. */
export type Reply = WholeReply | StreamReply | HijackReply;

export interface WholeReply {
  readonly kind: "whole";
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: string | Uint8Array;
}

/** The head goes out at once, then each piece as it comes; a failure of the stream cuts it off. */
export interface StreamReply {
  readonly kind: "stream";
  readonly status: number;
  readonly headers: HeaderFields;
  readonly stream: AsyncIterable<string | Uint8Array>;
}

/** After the head the connection is the handler's, as bytes both ways, until serve() ends. */
export interface HijackReply {
  readonly kind: "hijack";
  readonly status: number;
  readonly reason: string;
  readonly headers: HeaderFields;
  serve(client: Duplex): Promise<void>;
}

/** Turns a request into a reply; it must not reject. */
export type Handler = (request: HttpRequest) => Promise<Reply>;
