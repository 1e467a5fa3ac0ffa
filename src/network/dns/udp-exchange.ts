import { awaitAnswer, type Exchange } from "./exchange.ts";
import { openNow } from "./open-now.ts";

/** A forger who floods is not listened to for long: while datagrams come, nobody else has a turn. */
const MAX_WRONG_ANSWERS = 64;

/** Asks a server over UDP, from a port that the kernel picks anew each time. */
export function exchangeOverUdp(exchange: Exchange): Promise<Buffer | undefined> {
  const { upstream, message, isAnswer } = exchange;
  return awaitAnswer(exchange, (settle) => {
    let wrong = 0;
    const socket = openNow(
      Bun.udpSocket({
        hostname: upstream.address.includes(":") ? "::" : "0.0.0.0",
        // A connected socket gets this server's datagrams only, and is told when nobody listens.
        connect: { hostname: upstream.address, port: upstream.port },
        socket: {
          data(_socket, bytes) {
            if (isAnswer(bytes)) settle(Buffer.from(bytes));
            else if (++wrong > MAX_WRONG_ANSWERS) settle();
          },
          error: () => settle(),
        },
      }),
    );
    if (!trySend(socket, message)) settle();
    return { [Symbol.dispose]: () => socket.close() };
  });
}

/** The first send may be told what the network has against it. */
function trySend(socket: Bun.udp.ConnectedSocket<"buffer">, message: Buffer): boolean {
  try {
    return socket.send(message);
  } catch {
    return false;
  }
}
