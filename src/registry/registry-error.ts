import { EngineError, type ErrorKind } from "../base/errors.ts";
import type { Answer } from "./answer.ts";
import { challengesOf } from "./challenge.ts";
import { findRetryAfterMs } from "./header-values.ts";
import { TransientError } from "./retry.ts";

/** An entry of the list in a registry's error body. OCI distribution spec, "Error Codes". */
export interface ErrorEntry {
  readonly code: string;
  readonly message: string;
}

/** What an error is about, in the words of the one who asked. */
export interface ErrorSubject {
  /** The repository as people write it. */
  readonly name: string;
  /** The image as people write it, where the request was for its manifest. */
  readonly reference?: string;
  readonly actions: "pull" | "push";
}

const MAX_BODY_BYTES = 65_536;
const MAX_MESSAGE = 1000;
const MAX_ENTRIES = 10;
const DENIED: ErrorEntry = {
  code: "DENIED",
  message: "requested access to the resource is denied",
};

/** What the codes are called in front of a message; any other is written in small letters with spaces. */
const LABELS: Readonly<Record<string, string>> = { TOOMANYREQUESTS: "toomanyrequests" };

const KINDS: Readonly<Record<number, ErrorKind>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  405: "unimplemented",
  409: "conflict",
  416: "invalid",
};

/** Reads a refusal to its end and says it as Docker does; what another try may mend is a TransientError. */
export async function toRegistryError(answer: Answer, subject: ErrorSubject): Promise<Error> {
  const text = await readText(answer);
  const entries = parseErrorBody(text);
  const { status } = answer;
  const message = messageFor(answer, { entries, text, subject });
  const isHidden = isDenial(answer, { entries, subject });
  const kind: ErrorKind =
    isHidden && subject.actions === "pull" ? "not-found" : (KINDS[status] ?? "unavailable");
  const error = new EngineError(kind, message);
  if (status !== 429 && status < 500) return error;
  if (status === 501 || status === 505) return error;
  const retryAfterMs = findRetryAfterMs(answer.headers.get("retry-after"), Date.now());
  return new TransientError(error, retryAfterMs);
}

/** Reads the body of a refusal; empty where it is none of a registry's. Token servers have `details`. */
export function parseErrorBody(text: string): readonly ErrorEntry[] {
  const body = parseObject(text);
  if (body === undefined) return [];
  if (Array.isArray(body["errors"])) {
    return body["errors"].slice(0, MAX_ENTRIES).flatMap((entry) => toEntry(entry) ?? []);
  }
  const details = body["details"] ?? body["message"];
  return typeof details === "string" && details !== ""
    ? [{ code: "", message: shorten(details) }]
    : [];
}

/** `manifest unknown: manifest unknown`: what the code says, and then what the registry says. */
export function formatEntries(entries: readonly ErrorEntry[]): string {
  return entries
    .map(({ code, message }) => [labelOf(code), message].filter((part) => part !== "").join(": "))
    .join("; ");
}

interface Refusal {
  readonly entries: readonly ErrorEntry[];
  readonly text: string;
  readonly subject: ErrorSubject;
}

function messageFor(answer: Answer, { entries, text, subject }: Refusal): string {
  const { status } = answer;
  if (isDenial(answer, { entries, subject })) {
    const denial = formatEntries(entries.some(isDenied) ? entries : [DENIED]);
    if (subject.actions === "push") return denial;
    return `pull access denied for ${subject.name}, repository does not exist or may require 'docker login': ${denial}`;
  }
  if (status === 404 && subject.reference !== undefined) {
    return `manifest for ${subject.reference} not found: manifest unknown: manifest unknown`;
  }
  if (entries.length > 0) return formatEntries(entries);
  if (status === 401) return "unauthorized: authentication required";
  if (status === 429) return `toomanyrequests: ${plainText(answer, text)}`;
  return `received unexpected HTTP status: ${statusLine(answer)} from ${answer.url.host}`;
}

/** Registries do not tell what is not there from what is not to be seen. */
function isDenial(
  answer: Answer,
  { entries, subject }: Pick<Refusal, "entries" | "subject">,
): boolean {
  if (answer.status === 403) return true;
  if (answer.status === 404 && subject.actions === "pull") {
    return entries.some(({ code }) => code === "NAME_UNKNOWN");
  }
  if (answer.status !== 401) return false;
  const challenges = challengesOf(answer.headers);
  return (
    entries.some(isDenied) ||
    challenges.some(({ parameters }) => parameters.get("error") === "insufficient_scope")
  );
}

function isDenied({ code }: ErrorEntry): boolean {
  return code === "DENIED";
}

function plainText(answer: Answer, text: string): string {
  const isPlain = !/^\s*[<{]/.test(text) && text.trim() !== "";
  return isPlain ? shorten(text.trim()) : statusLine(answer);
}

function statusLine({ status, statusText }: Answer): string {
  return `${status} ${shorten(statusText)}`.trim();
}

function labelOf(code: string): string {
  return LABELS[code] ?? code.toLowerCase().replaceAll("_", " ");
}

function toEntry(value: unknown): ErrorEntry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message } = value as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code !== "string" && typeof message !== "string") return undefined;
  return {
    code: typeof code === "string" ? shorten(code) : "",
    message: typeof message === "string" ? shorten(message) : "",
  };
}

/** What is shown on a terminal in the end: no control characters, and not for ever. */
function shorten(text: string): string {
  return text.slice(0, MAX_MESSAGE).replace(/\p{Cc}+/gu, " ");
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // A proxy in between may answer in HTML.
    return undefined;
  }
}

async function readText(answer: Answer): Promise<string> {
  try {
    return new TextDecoder().decode(await answer.readWhole(MAX_BODY_BYTES, "an error"));
  } catch (error) {
    // The status says enough where the body says nothing.
    if (error instanceof EngineError || error instanceof TransientError) return "";
    throw error;
  }
}
