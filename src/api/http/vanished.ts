import type { Socket } from "node:net";

const LOOK_EVERY_MS = 500;

/** What Bun and Node have below a socket; the descriptor goes when the connection does. */
interface Handle {
  readonly _handle?: { readonly fd?: number } | null;
}

/**
 * Closes a socket whose client half-closed it and then went. Bun closes the descriptor at that time and
 * tells of it at the next write only, which for a container that says nothing never comes.
 */
export function closeWhenVanished(socket: Socket): void {
  if (!hasDescriptor(socket)) return;
  const watch = () => {
    const timer = setInterval(() => {
      if (!hasDescriptor(socket)) socket.destroy();
    }, LOOK_EVERY_MS);
    timer.unref();
    socket.once("close", () => clearInterval(timer));
  };
  if (socket.readableEnded) watch();
  else socket.once("end", watch);
}

function hasDescriptor(socket: Socket & Handle): boolean {
  return (socket._handle?.fd ?? -1) >= 0;
}
