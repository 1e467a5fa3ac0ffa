import { HttpFailure } from "./failure.ts";

/** A request's first line and header fields, checked. */
export interface RequestHead {
  readonly method: string;
  /** As sent: an absolute path with an optional query. */
  readonly target: string;
  /** By lower-case name; several fields of one name are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly framing: Framing;
  readonly keepAlive: boolean;
  /** The client understands chunked replies and 100-continue. */
  readonly http11: boolean;
  /** The protocol in `Upgrade`, when `Connection` names it too. */
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
}

/** How the end of the body is known. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be in a value
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Parses the bytes before the empty line. What two readers could understand in two ways (a bare line
 * feed, a folded line, two lengths, a length beside chunks) is refused, so that nothing can be
 * smuggled past a proxy. RFC 9112, sections 2.2, 5.1, 5.2 and 6.3.
 */
export function parseHead(text: string, maxHeaders: number): RequestHead {
  const [first = "", ...lines] = text.split("\r\n");
  const { method, target, http11 } = parseRequestLine(first);
  if (lines.length > maxHeaders) throw new HttpFailure(431, "too many header fields");

  const fields = lines.map(parseField);
  const headers = joinFields(fields);
  if (fields.filter(([name]) => name === "host").length !== 1 && http11) {
    throw new HttpFailure(400, "want exactly one Host header");
  }

  const connection = tokens(headers.get("connection"));
  return {
    method,
    target,
    headers,
    framing: findFraming(fields, http11),
    keepAlive: http11 ? !connection.includes("close") : connection.includes("keep-alive"),
    http11,
    upgrade: connection.includes("upgrade") ? headers.get("upgrade") : undefined,
    expectsContinue: expectsContinue(headers.get("expect"), http11),
  };
}

/** Parses one header or trailer field into its lower-case name and its value. */
export function parseField(line: string): readonly [name: string, value: string] {
  const [, name, value] = FIELD.exec(line) ?? [];
  if (name === undefined || value === undefined || CONTROL.test(value)) {
    throw new HttpFailure(400, "malformed header field");
  }
  return [name.toLowerCase(), value];
}

function parseRequestLine(line: string) {
  const [, method, target, major, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    throw new HttpFailure(400, "malformed request line");
  }
  if (major !== "1") throw new HttpFailure(505, "HTTP version not supported");
  return { method, target, http11: minor !== "0" };
}

function joinFields(fields: readonly (readonly [string, string])[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of fields) {
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

function findFraming(fields: readonly (readonly [string, string])[], http11: boolean): Framing {
  const lengths = valuesOf(fields, "content-length");
  const encodings = valuesOf(fields, "transfer-encoding");
  if (encodings.length > 0) return chunkedFraming(encodings, lengths.length > 0 || !http11);
  if (lengths.length === 0) return { kind: "none" };

  const [length = ""] = lengths;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) {
    throw new HttpFailure(400, "malformed Content-Length");
  }
  return length === "0" ? { kind: "none" } : { kind: "length", bytes: Number(length) };
}

function chunkedFraming(encodings: readonly string[], ambiguous: boolean): Framing {
  if (ambiguous) throw new HttpFailure(400, "Transfer-Encoding is not allowed here");
  if (encodings.length !== 1 || encodings[0]?.toLowerCase() !== "chunked") {
    throw new HttpFailure(501, "unsupported transfer encoding");
  }
  return { kind: "chunked" };
}

function valuesOf(fields: readonly (readonly [string, string])[], name: string): string[] {
  return fields.filter(([field]) => field === name).map(([, value]) => value);
}

function expectsContinue(expect: string | undefined, http11: boolean): boolean {
  if (expect === undefined || !http11) return false;
  if (expect.toLowerCase() !== "100-continue") {
    throw new HttpFailure(417, "unknown expectation");
  }
  return true;
}

function tokens(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(",").map((token) => token.trim().toLowerCase());
}
