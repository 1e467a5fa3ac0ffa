/**
 * The pieces of a stream until the client has gone. A stream that waits for something that never
 * comes is left at once, and told so by return().
 */
export async function* untilGone<T>(
  stream: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await nextOrGone(iterator, signal);
      if (step === "gone" || step.done === true) return;
      yield step.value;
    }
  } finally {
    // Not awaited: a generator takes return() only after the next() that may never come. Whatever
    // closing fails with has no one left to hear it.
    iterator.return?.().catch(() => {});
  }
}

/** Not Promise.race(): with one lasting promise it keeps a reaction for each piece of a long stream. */
function nextOrGone<T>(
  iterator: AsyncIterator<T>,
  signal: AbortSignal,
): Promise<IteratorResult<T, unknown> | "gone"> {
  return new Promise((resolve, reject) => {
    const gone = () => resolve("gone");
    if (signal.aborted) return gone();
    signal.addEventListener("abort", gone, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", gone));
  });
}
