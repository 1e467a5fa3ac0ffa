import { setTimeout as sleep } from "node:timers/promises";
import type { EngineError } from "../base/errors.ts";

/** A failure that another try may mend. It never leaves this layer: retry() throws what is in it. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly error: EngineError;
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(error: EngineError, retryAfterMs?: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface RetryPolicy {
  readonly maxAttempts: number;
  /** Before the second attempt; it doubles with each. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
}

const MAX_DELAY_MS = 30_000;
const MAX_RETRY_AFTER_MS = 60_000;

/** Tries until it works, fails for good, or has been tried often enough. */
export async function retry<T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    policy.signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      if (attempt >= policy.maxAttempts) throw error.error;
      await waitBefore(policy, attempt, error);
    }
  }
}

/** Waits before the attempt that follows `attempt`; throws at once when the signal is given. */
export async function waitBefore(
  { delayMs, signal }: RetryPolicy,
  attempt: number,
  { retryAfterMs = 0 }: TransientError,
): Promise<void> {
  const longest = Math.min(MAX_DELAY_MS, delayMs * 2 ** (attempt - 1));
  // Many clients that failed together must not come back together.
  const own = longest / 2 + (Math.random() * longest) / 2;
  const wait = Math.max(own, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
  try {
    await sleep(wait, undefined, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw cause;
  }
}
