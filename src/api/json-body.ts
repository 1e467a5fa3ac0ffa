import { EngineError } from "../base/errors.ts";
import type { HttpRequest } from "./http/exchange.ts";
import { Fields } from "./wire/fields.ts";

const MAX_BYTES = 8 * 1024 * 1024;
/** Go's decoder stops at this depth too. */
const MAX_DEPTH = 10_000;

/**
 * Reads a request's JSON object, as Go's decoder would; undefined when there is no body. `name` is
 * what errors call the object.
 */
export async function readJson(request: HttpRequest, name: string): Promise<Fields | undefined> {
  checkContentType(request);
  const text = await readText(request);
  if (text.trim() === "") return undefined;
  const value = parseJson(text);
  return value === null ? undefined : Fields.of(value, name);
}

/** Parses JSON with Docker's texts for what is wrong with it. */
export function parseJson(text: string): unknown {
  const { depth, end } = measure(text);
  if (depth > MAX_DEPTH) throw new EngineError("invalid", "invalid JSON: exceeded max depth");
  if (text.slice(end).trim() !== "") {
    throw new EngineError("invalid", "unexpected content after JSON");
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("invalid", `invalid JSON: ${reason}`, { cause });
  }
}

function checkContentType({ headers, body }: HttpRequest): void {
  const given = headers.get("content-type") ?? "";
  if (given === "" && body.framing.kind === "none") return;
  const [type = ""] = given.split(";");
  if (type.trim() === "") {
    throw new EngineError(
      "invalid",
      `malformed Content-Type header (${given}): mime: no media type`,
    );
  }
  if (type.trim().toLowerCase() !== "application/json") {
    throw new EngineError(
      "invalid",
      `unsupported Content-Type header (${given}): must be 'application/json'`,
    );
  }
}

async function readText({ body }: HttpRequest): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MAX_BYTES) {
      throw new EngineError("invalid", `the request body is over ${MAX_BYTES} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** How deep a text's brackets go, and where the first value in brackets ends. One pass, no stack. */
function measure(text: string): { depth: number; end: number } {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') at = endOfString(text, at);
    depth += STEP[text[at] ?? ""] ?? 0;
    deepest = Math.max(deepest, depth);
    if (depth === 0 && deepest > 0) return { depth: deepest, end: at + 1 };
  }
  return { depth: deepest, end: text.length };
}

/** Where the string that starts here has its closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

const STEP: Readonly<Record<string, number>> = { "{": 1, "[": 1, "}": -1, "]": -1 };
