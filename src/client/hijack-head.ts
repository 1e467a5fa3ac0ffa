import type { Endpoint } from "./endpoint.ts";

/** More is no head of an answer. */
export const HEAD_LIMIT = 64 * 1024;
export const HEAD_END = "\r\n\r\n";

/** A request of which the connection carries a stream both ways once it is answered. */
export function encodeHijack(endpoint: Endpoint, path: string, body: unknown): string {
  const json = body === undefined ? "" : JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${new URL(endpoint.origin).host}`,
    "Connection: Upgrade",
    "Upgrade: tcp",
    ...(json === "" ? [] : ["Content-Type: application/json"]),
    `Content-Length: ${Buffer.byteLength(json)}`,
  ].join("\r\n");
  return `${head}${HEAD_END}${json}`;
}

/** What the head of an answer says. */
export interface HijackAnswer {
  readonly status: number;
  /** How long a body follows; without end where that is not said. */
  readonly bodyBytes: number;
}

/** Reads the head of an answer, without its end. */
export function parseHijackAnswer(head: string): HijackAnswer {
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})/.exec(head)?.[1]);
  const length = /^content-length: *([0-9]+) *$/im.exec(head)?.[1];
  if (!(status > 0)) throw new Error("the daemon's answer is not HTTP");
  return { status, bodyBytes: length === undefined ? Number.POSITIVE_INFINITY : Number(length) };
}

/** Whether the connection carries a stream from then on. */
export function isHijacked({ status }: HijackAnswer): boolean {
  return status === 101 || status === 200;
}
