import { awaitAnswer, type Exchange } from "./exchange.ts";
import { frameMessage, MessageStream } from "./message-stream.ts";
import { TcpOutput } from "./tcp-output.ts";

/** Asks a server over TCP, by a connection of its own. */
export function exchangeOverTcp(exchange: Exchange): Promise<Buffer | undefined> {
  const { upstream, message, isAnswer } = exchange;
  return awaitAnswer(exchange, (settle) => {
    const stream = new MessageStream();
    const connecting = Bun.connect<TcpOutput | undefined>({
      hostname: upstream.address,
      port: upstream.port,
      data: undefined,
      socket: {
        open(socket) {
          socket.data = new TcpOutput(socket);
          socket.data.write(frameMessage(message));
        },
        drain: (socket) => socket.data?.drain(),
        data(_socket, bytes) {
          const [answer] = stream.push(bytes);
          if (answer !== undefined) settle(isAnswer(answer) ? Buffer.from(answer) : undefined);
        },
        close: () => settle(),
        error: () => settle(),
        connectError: () => settle(),
      },
    });
    // A refusal has its handler above.
    const opened = connecting.catch(() => undefined);
    return { [Symbol.dispose]: () => void opened.then((socket) => socket?.terminate()) };
  });
}
