import { decode, encode, type Packet } from "dns-packet";

/** A packet, or bytes as they are. */
type Reply = Partial<Packet> | Buffer;

/** What a server of the tests makes of a query: a reply, several one after the other, or silence. */
export type Answering = (
  query: Packet,
  transport: "udp" | "tcp",
) => Reply | readonly Reply[] | undefined;

// Below those that the kernel gives to clients: one that is free for UDP is free for TCP too.
const FIRST_PORT = 10_000;
const PORT_COUNT = 20_000;

/** Another name server, such as those that the host has, at a port of its own for UDP and TCP. */
export class DnsUpstream implements Disposable {
  readonly #udp: Bun.udp.Socket<"buffer">;
  readonly #tcp: Bun.TCPSocketListener<undefined>;
  /** All that it was asked. */
  readonly queries: Packet[] = [];
  readonly #answering: Answering;

  /** Opens in the network namespace that the thread is in. */
  constructor(
    place: { readonly hostname: string; readonly port?: number },
    answering: Answering = () => ({}),
  ) {
    this.#answering = answering;
    const { hostname, port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT) } = place;
    const opening = Bun.udpSocket({
      hostname,
      port,
      socket: {
        data: (socket, bytes, ...[from, address]) => {
          for (const answer of this.#answer(bytes, "udp")) socket.send(answer, from, address);
        },
        error: () => undefined,
      },
    });
    this.#udp = Bun.peek(opening) as Bun.udp.Socket<"buffer">;
    this.#tcp = Bun.listen({
      hostname,
      port,
      socket: {
        // The tests' queries come in one piece.
        data: (socket, bytes) => {
          for (const answer of this.#answer(bytes.subarray(2), "tcp")) {
            const length = Buffer.alloc(2);
            length.writeUInt16BE(answer.length);
            socket.write(Buffer.concat([length, answer]));
          }
        },
      },
    });
  }

  get port(): number {
    return this.#udp.port;
  }

  [Symbol.dispose](): void {
    this.#udp.close();
    this.#tcp.stop(true);
  }

  #answer(bytes: Buffer, transport: "udp" | "tcp"): readonly Buffer[] {
    const query = decode(bytes);
    this.queries.push(query);
    const { id = 0, questions = [] } = query;
    return [this.#answering(query, transport) ?? []]
      .flat()
      .map((reply: Reply) =>
        Buffer.isBuffer(reply)
          ? reply
          : encode({ type: "response", id, questions, flags: 0x180, ...reply }),
      );
  }
}

/** An answer with one address for whatever name was asked for. */
export function addressAnswer(data: string): Answering {
  return ({ questions: [question] = [] }) => ({
    answers: [{ type: "A", name: question?.name ?? "", ttl: 60, data }],
  });
}
