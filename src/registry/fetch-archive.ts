import { EngineError } from "../base/errors.ts";
import { findContentLength } from "./header-values.ts";
import { sendFollowing } from "./redirects.ts";
import { type RetryPolicy, retry, TransientError } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** A file of a web server, as it comes. */
export interface FetchedArchive {
  /** Undefined: the server does not say. */
  readonly sizeBytes: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Fetches a file by http or https; it is the user's word that it is the right one. */
export async function fetchArchive(
  url: URL,
  { transport, policy }: { readonly transport: Transport; readonly policy: RetryPolicy },
): Promise<FetchedArchive> {
  const answer = await retry(policy, async () => {
    const found = await sendFollowing(transport, { method: "GET", url, signal: policy.signal });
    if (found.status === 200) return found;
    await found.discard();
    const error = new EngineError(
      found.status === 404 ? "not-found" : "unavailable",
      `Cannot fetch ${url.href}: the server answered ${found.status} ${found.statusText}`.trimEnd(),
    );
    throw found.status >= 500 ? new TransientError(error) : error;
  });
  const sizeBytes = findContentLength(answer.headers.get("content-length"));
  return { sizeBytes, bytes: whole(answer.chunks()) };
}

/** What was begun is not tried again: who reads it has used the first bytes. */
async function* whole(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw error instanceof TransientError ? error.error : error;
  }
}
