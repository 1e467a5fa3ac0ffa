/**
 * What a promise already holds, or throws what it was refused with. Bun opens UDP sockets at once,
 * in the namespace that the thread is in; only the result comes in a promise.
 */
export function openNow<Opened>(opening: Promise<Opened>): Opened {
  const opened = Bun.peek(opening);
  const status = Bun.peek.status(opening);
  // It is thrown below.
  opening.catch(() => undefined);
  if (status === "fulfilled") return opened as Opened;
  throw status === "rejected" ? opened : new Error("A socket was not opened at once");
}
