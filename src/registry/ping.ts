import type { EngineError } from "../base/errors.ts";
import type { Answer } from "./answer.ts";
import { type Challenge, challengesOf } from "./challenge.ts";
import { type Endpoint, urlBelow } from "./endpoints.ts";
import { isHandshakeFault, isLastingFault, requestError } from "./network-error.ts";
import { sendFollowing } from "./redirects.ts";
import { type RetryPolicy, retry, TransientError } from "./retry.ts";
import type { HttpRequest, Transport } from "./transport.ts";

/** Where a registry answers, and how it wants to be shown who asks. */
export interface FoundBase {
  readonly base: URL;
  readonly challenges: readonly Challenge[];
}

const TIMEOUT_MS = 15_000;

/** Asks for the API's root, as Docker does first: who answers, with TLS or without, and what does it want? */
export async function findBase(
  { bases }: Endpoint,
  transport: Transport,
  policy: RetryPolicy,
): Promise<FoundBase> {
  let last: unknown;
  for (const base of bases) {
    // Behind TLS comes the way without it, which is quicker than another try.
    const isLast = base === bases.at(-1);
    const own = isLast ? policy : { ...policy, maxAttempts: 1 };
    try {
      const answer = await retry(own, () => pingOnce(base, transport, policy.signal));
      await answer.discard();
      const isAsking = answer.status === 401 && answer.url.origin === base.origin;
      return { base, challenges: isAsking ? challengesOf(answer.headers) : [] };
    } catch (error) {
      policy.signal.throwIfAborted();
      last = error;
    }
  }
  throw last;
}

async function pingOnce(base: URL, transport: Transport, signal: AbortSignal): Promise<Answer> {
  const request = requestFor(urlBelow(base, "/v2/"), signal);
  try {
    return await sendFollowing(transport, request);
  } catch (error) {
    if (!(error instanceof TransientError) || !isLastingFault(error.error)) throw error;
    throw await explainHandshake(error.error, request, transport);
  }
}

/** A server without TLS is the usual reason for a handshake that fails; asking it without TLS shows it. */
async function explainHandshake(
  error: EngineError,
  request: HttpRequest,
  transport: Transport,
): Promise<EngineError> {
  const { url, signal } = request;
  if (!isHandshakeFault(error) || url.protocol !== "https:") return error;
  const plain = new URL(url.href.replace(/^https:/, "http:"));
  if (url.port === "") plain.port = "443";
  try {
    const answer = await transport.send(requestFor(plain, signal));
    await answer.discard();
    // Servers with TLS answer this in the clear, with 400.
    if (answer.status === 400) return error;
  } catch (failure) {
    if (failure instanceof TransientError) return error;
    throw failure;
  }
  return requestError(request, "http: server gave HTTP response to HTTPS client", error);
}

function requestFor(url: URL, signal: AbortSignal): HttpRequest {
  return { method: "GET", url, signal, idleTimeoutMs: TIMEOUT_MS };
}
