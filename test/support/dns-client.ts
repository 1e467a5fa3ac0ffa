import { type DecodedPacket, decode, encode, type Packet, streamEncode } from "dns-packet";
import type { NetworkNamespace } from "./network-namespace.ts";
import { PATIENCE_MS } from "./patience.ts";

const NAME_SERVER = { hostname: "127.0.0.11", port: 53 } as const;

/** What is asked: a name, a record's type, and what else a packet may have. */
export interface Asked extends Packet {
  readonly name: string;
  readonly recordType?: "A" | "AAAA" | "PTR" | "MX" | "TXT";
}

/** What came, as dns-packet reads it. */
export interface Answer extends DecodedPacket {
  /** Such as `NOERROR`; the package's types leave it out. */
  readonly rcode: string;
  readonly sizeBytes: number;
}

/** A program in a container that asks the name server there. It trusts nothing but dns-packet. */
export class DnsClient implements Disposable {
  readonly #namespace: NetworkNamespace;
  readonly #socket: Bun.udp.ConnectedSocket<"buffer">;
  readonly #waiting = new Map<number, (bytes: Buffer) => void>();
  #id = 0;

  constructor(namespace: NetworkNamespace) {
    this.#namespace = namespace;
    const opening = namespace.run(() =>
      Bun.udpSocket({
        connect: NAME_SERVER,
        socket: {
          data: (_socket, bytes) => this.#waiting.get(bytes.readUInt16BE(0))?.(Buffer.from(bytes)),
          error: () => undefined,
        },
      }),
    );
    this.#socket = Bun.peek(opening) as Bun.udp.ConnectedSocket<"buffer">;
  }

  /** Asks over UDP; an answer that does not come is an error. */
  async ask(asked: Asked): Promise<Answer> {
    this.#id = (this.#id + 1) & 0xffff;
    return decodeAnswer(await this.askBytes(encodeQuery(asked, this.#id)));
  }

  /** As ask(), for a message that may be none. */
  askBytes(bytes: Buffer): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const id = bytes.readUInt16BE(0);
    const timer = setTimeout(() => reject(new Error("No answer came")), PATIENCE_MS);
    this.#waiting.set(id, resolve);
    this.send(bytes);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  /** Sends whatever it is, and waits for nothing. */
  send(bytes: Buffer): void {
    this.#socket.send(bytes);
  }

  /** Asks all of it over one TCP connection, in one write; answers come in any order. */
  async askOverTcp(...asked: readonly Asked[]): Promise<readonly Answer[]> {
    const frames = asked.map((one, id) => streamEncode(toPacket(one, id)));
    const answers = await this.exchangeOverTcp(Buffer.concat(frames), asked.length);
    return answers.map((frame) => decodeAnswer(frame.subarray(2)));
  }

  /** Sends bytes over TCP and takes so many framed messages, or fewer if the server hangs up. */
  exchangeOverTcp(bytes: Buffer, count: number): Promise<readonly Buffer[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Buffer[]>();
    const frames: Buffer[] = [];
    let rest: Buffer = Buffer.alloc(0);
    const connecting = this.#namespace.run(() =>
      Bun.connect({
        ...NAME_SERVER,
        socket: {
          open: (socket) => void socket.write(bytes),
          data(_socket, chunk) {
            rest = Buffer.concat([rest, chunk]);
            for (let end = frameEnd(rest); end <= rest.length; end = frameEnd(rest)) {
              frames.push(rest.subarray(0, end));
              rest = rest.subarray(end);
            }
            if (frames.length >= count) resolve(frames);
          },
          close: () => resolve(frames),
          error: (_socket, error) => reject(error),
          connectError: (_socket, error) => reject(error),
        },
      }),
    );
    const timer = setTimeout(() => reject(new Error("No answer came over TCP")), PATIENCE_MS);
    return promise.finally(async () => {
      clearTimeout(timer);
      (await connecting.catch(() => undefined))?.terminate();
    });
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

/** The bytes of a query. */
export function encodeQuery(asked: Asked, id: number): Buffer {
  return encode(toPacket(asked, id));
}

/** The data of an answer's records. */
export function dataOf({ answers = [] }: Packet): readonly unknown[] {
  return answers.map((answer) => ("data" in answer ? answer.data : undefined));
}

function decodeAnswer(bytes: Buffer): Answer {
  return { rcode: "", ...decode(bytes), sizeBytes: bytes.length };
}

function toPacket({ name, recordType = "A", ...packet }: Asked, id: number): Packet {
  const RECURSION_DESIRED = 0x100;
  return {
    type: "query",
    flags: RECURSION_DESIRED,
    ...packet,
    id,
    questions: [{ name, type: recordType, class: "IN" }],
  };
}

function frameEnd(bytes: Buffer): number {
  return bytes.length < 2 ? Number.POSITIVE_INFINITY : 2 + bytes.readUInt16BE(0);
}
