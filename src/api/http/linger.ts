import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpLimits } from "./limits.ts";

/**
 * Ends our side once all is sent, and waits a little for the client to end its own: closing over
 * unread bytes resets the connection, and the client may lose the reply. One that sends on and on is
 * held up for that time, in which it can read the reply.
 */
export async function linger(client: Duplex, socket: Socket, limits: HttpLimits): Promise<void> {
  if (socket.destroyed) return;

  const over = Promise.withResolvers<void>();
  let drained = 0;
  client.on("data", (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > limits.drainBytes) client.pause();
  });
  client.on("end", over.resolve);
  socket.on("close", over.resolve);
  if (client.readableEnded) over.resolve();
  client.resume();

  await sent(client, socket);
  const timer = setTimeout(over.resolve, limits.lingerMs);
  await over.promise;
  clearTimeout(timer);
  socket.destroy();
}

/** Ends our output, and waits until the client has taken all of it or gone. */
function sent(client: Duplex, socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("close", () => resolve());
    client.end(() => resolve());
  });
}
