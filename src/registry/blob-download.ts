import { EngineError } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { Answer } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { findContentLength, findContentRange } from "./header-values.ts";
import { resolveLocation, sendFollowing } from "./redirects.ts";
import { toRegistryError } from "./registry-error.ts";
import { type RetryPolicy, TransientError, waitBefore } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** A blob as a manifest describes it. */
export interface RemoteBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Of a foreign layer: where it is instead of in the registry. */
  readonly urls?: readonly string[];
}

/** Somewhere to read a blob. */
export type BlobServer =
  | { readonly kind: "registry"; readonly connection: Connection; readonly target: string }
  | {
      readonly kind: "foreign";
      readonly url: string;
      readonly transport: Transport;
      readonly signal: AbortSignal;
    };

/** What to read of a blob, and where. */
export interface BlobDownload {
  readonly blob: RemoteBlob;
  readonly offset: number;
  readonly policy: RetryPolicy;
  /** In the order to ask. */
  readonly servers: readonly BlobServer[];
}

/** A transfer that brought this much is no failure that counts, however it ended. */
const PROGRESS_BYTES = 1_048_576;
const OK = 200;
const PARTIAL = 206;
const NOT_SATISFIABLE = 416;

/** The blob's bytes from the offset to its end, exactly; what one server begins another may end. */
export async function* readFrom(
  download: BlobDownload,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { blob, policy, servers } = download;
  let position = download.offset;
  for (const [index, server] of servers.entries()) {
    try {
      for await (const bytes of readFromServer(server, { ...download, offset: position })) {
        position += bytes.length;
        yield bytes;
      }
      if (position === blob.sizeBytes) return;
    } catch (error) {
      policy.signal.throwIfAborted();
      if (index === servers.length - 1) throw error;
    }
  }
}

async function* readFromServer(
  server: BlobServer,
  { blob, offset, policy }: BlobDownload,
): AsyncGenerator<Uint8Array, void, undefined> {
  const limits = server.kind === "registry" ? server.connection.policy : policy;
  let position = offset;
  for (let failures = 0; position < blob.sizeBytes; ) {
    const start = position;
    try {
      for await (const bytes of readOnce(server, blob, position)) {
        position += bytes.length;
        yield bytes;
      }
    } catch (error) {
      failures = position - start >= PROGRESS_BYTES ? 1 : failures + 1;
      await recover(error, { failures, policy: limits, isWhole: position === blob.sizeBytes });
    }
  }
}

/** Waits where another try may help, else throws. */
async function recover(
  error: unknown,
  { failures, policy, isWhole }: FailedTransfer,
): Promise<void> {
  if (!(error instanceof TransientError)) throw error;
  // All bytes came, and only the end failed.
  if (isWhole) return;
  if (failures >= policy.maxAttempts) throw error.error;
  await waitBefore(policy, failures, error);
}

interface FailedTransfer {
  readonly failures: number;
  readonly policy: RetryPolicy;
  readonly isWhole: boolean;
}

/** One transfer from the position on. It ends with the blob's end, or throws. */
async function* readOnce(
  server: BlobServer,
  blob: RemoteBlob,
  position: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const answer = await openBlob(server, blob, position);
  const first = firstByteOf(answer, blob, position);
  if (first instanceof EngineError) {
    await answer.discard();
    throw first;
  }
  let at = first;
  for await (const bytes of answer.chunks()) {
    const end = at + bytes.length;
    if (end > blob.sizeBytes) throw tooLong(answer, blob);
    // A server that knows no ranges begins from the start.
    if (end > position) yield bytes.subarray(Math.max(0, position - at));
    at = end;
  }
  if (at < blob.sizeBytes) {
    throw new TransientError(sizeError(answer, blob, `it ended after ${at} bytes: unexpected EOF`));
  }
}

async function openBlob(server: BlobServer, blob: RemoteBlob, position: number): Promise<Answer> {
  const headers: Readonly<Record<string, string>> =
    position === 0 ? {} : { range: `bytes=${position}-${blob.sizeBytes - 1}` };
  if (server.kind === "registry") {
    const { connection, target } = server;
    return connection.send({ method: "GET", target, headers, accept: [NOT_SATISFIABLE] });
  }
  const { transport, signal } = server;
  const url = await parseForeignUrl(server);
  const answer = await sendFollowing(transport, { method: "GET", url, headers, signal });
  if ([OK, PARTIAL, NOT_SATISFIABLE].includes(answer.status)) return answer;
  throw await toRegistryError(answer, { name: url.host, actions: "push" });
}

async function parseForeignUrl({
  url,
  transport,
}: Extract<BlobServer, { kind: "foreign" }>): Promise<URL> {
  // Plain HTTP will do: whoever changes the bytes on the way changes their digest.
  const parsed = URL.parse(url);
  if (parsed === null) {
    throw new EngineError("invalid", `Cannot read a foreign layer: "${url}" is no URL`);
  }
  return resolveLocation(transport, { location: url, from: new URL("http://image.invalid/") });
}

/** Where the answer's body begins in the blob; or why it cannot be of the blob. */
function firstByteOf(answer: Answer, blob: RemoteBlob, position: number): number | EngineError {
  if (answer.status === NOT_SATISFIABLE) {
    return sizeError(answer, blob, `there is nothing behind its first ${position} bytes`);
  }
  if (answer.status === OK) {
    const length = findContentLength(answer.headers.get("content-length"));
    if (length === undefined || length === blob.sizeBytes) return 0;
    return sizeError(answer, blob, `${answer.url.host} has ${length} bytes of it`);
  }
  const range = findContentRange(answer.headers.get("content-range"));
  const fits =
    answer.status === PARTIAL &&
    range?.first === position &&
    (range.total ?? blob.sizeBytes) === blob.sizeBytes;
  if (fits) return position;
  return sizeError(
    answer,
    blob,
    `bytes ${position}- were asked for, and ${answer.url.host} sent status ${answer.status} with "${answer.headers.get("content-range") ?? ""}"`,
  );
}

function tooLong(answer: Answer, blob: RemoteBlob): EngineError {
  return sizeError(answer, blob, `${answer.url.host} sent more`);
}

function sizeError(answer: Answer, { digest, sizeBytes }: RemoteBlob, reason: string): EngineError {
  return new EngineError(
    "unavailable",
    `Cannot read blob ${digest} of ${sizeBytes} bytes from ${answer.url.origin}: ${reason}`,
  );
}
