/**
 * A stream that lets go of what it stands on when it has ended, has failed or is left: also where
 * nobody has begun to read it, when a generator would not do so.
 */
export function holdWhile(
  stream: AsyncGenerator<Uint8Array>,
  held: Disposable,
): AsyncIterableIterator<Uint8Array> {
  const scope = new DisposableStack();
  scope.use(held);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const step = await stream.next();
        if (step.done === true) scope.dispose();
        return step;
      } catch (cause) {
        scope.dispose();
        throw cause;
      }
    },
    async return() {
      try {
        return await stream.return(undefined);
      } finally {
        scope.dispose();
      }
    },
  };
}
