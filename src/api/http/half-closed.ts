import type { Socket } from "node:net";
import { Duplex } from "node:stream";

/**
 * A socket whose end of input was already seen, once more from `rest` on: a stream gives its bytes
 * back only before its end.
 */
export function replayEnd(socket: Socket, rest: Uint8Array): Duplex {
  const client = new Duplex({
    read() {},
    // A client that has gone shows as the close, as it does on a socket.
    write: (bytes: Uint8Array, _encoding, done) => void socket.write(bytes, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  if (rest.length > 0) client.push(rest);
  client.push(null);
  socket.once("close", () => client.destroy());
  return client;
}
