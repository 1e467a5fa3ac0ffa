import type { Socket } from "bun";
import type { ByteStream, ChunkSink } from "./api-transport.ts";
import type { Endpoint } from "./endpoint.ts";
import { ApiError, ConnectionError, messageOf } from "./errors.ts";
import {
  encodeHijack,
  HEAD_END,
  HEAD_LIMIT,
  type HijackAnswer,
  isHijacked,
  parseHijackAnswer,
} from "./hijack-head.ts";
import { toTlsOptions } from "./tls-options.ts";

/** Opens an attach or exec stream; a refusal is thrown as {@link ApiError}. */
export async function openHijacked(
  endpoint: Endpoint,
  path: string,
  body: unknown,
): Promise<HijackedStream> {
  const stream = await HijackedStream.connect(endpoint);
  try {
    await stream.write(Buffer.from(encodeHijack(endpoint, path, body)));
    const answer = await stream.readHead();
    if (isHijacked(answer)) return stream;
    const { status, bodyBytes } = answer;
    throw new ApiError(status, messageOf(await stream.readText(bodyBytes), status));
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** A connection that carries raw bytes both ways. Each direction ends by itself. */
export class HijackedStream implements ByteStream {
  #socket: Socket | undefined;
  /** What came while nobody was reading. */
  readonly #early: Uint8Array[] = [];
  #sink: ChunkSink | undefined;
  #busy = false;
  #ended = false;
  #failure: Error | undefined;
  readonly #finished = Promise.withResolvers<void>();
  #drained = Promise.withResolvers<void>();

  static async connect(endpoint: Endpoint): Promise<HijackedStream> {
    const stream = new HijackedStream();
    const socket = {
      open: (opened: Socket) => stream.#open(opened),
      data: (_: Socket, chunk: Uint8Array) => stream.#receive(chunk),
      end: () => stream.#end(),
      close: () => stream.#end(),
      error: (_: Socket, error: Error) => stream.#end(error),
      drain: () => stream.#drained.resolve(),
      // A certificate that is not to be trusted has to be refused here: Bun only tells of it.
      handshake: (_: Socket, trusted: boolean, error: Error | null) => {
        if (endpoint.tls?.verify === true && !trusted)
          stream.#refuse(error ?? new Error("TLS failed"));
        else stream.#drained.resolve();
      },
    };
    try {
      await connectTo(endpoint, socket);
    } catch (cause) {
      throw new ConnectionError(endpoint.host, cause);
    }
    return stream;
  }

  /** Passes everything that comes to the sink, no faster than it takes it, until the other end ends. */
  async read(sink: ChunkSink): Promise<void> {
    this.#sink = sink;
    this.#pump();
    await this.#finished.promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sends a chunk; resolves when the kernel has all of it. */
  async write(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.byteLength > 0) {
      if (this.#ended || this.#socket === undefined) return;
      const sent = this.#socket.write(rest);
      if (sent < 0) return;
      rest = rest.subarray(sent);
      if (rest.byteLength === 0) return;
      this.#drained = Promise.withResolvers();
      await Promise.race([this.#drained.promise, this.#finished.promise]);
    }
  }

  /** Ends our direction only: the other side sees the end of input and may go on sending. */
  closeWrite(): void {
    this.#socket?.shutdown();
  }

  close(): void {
    this.#socket?.terminate();
    this.#end();
  }

  /** Reads the answer's head; what follows it stays to be read. */
  async readHead(): Promise<HijackAnswer> {
    let have = Buffer.alloc(0);
    const complete = Promise.withResolvers<number>();
    this.#sink = (chunk) => {
      have = Buffer.concat([have, chunk]);
      const at = have.indexOf(HEAD_END);
      if (at >= 0 || have.length > HEAD_LIMIT) complete.resolve(at);
      // Held until the head's end is known: what comes next belongs to the next reader.
      return at < 0 ? undefined : Promise.resolve();
    };
    this.#pump();
    const at = await Promise.race([complete.promise, this.#finished.promise.then(() => -1)]);
    this.#sink = undefined;
    if (at < 0)
      throw this.#failure ?? new Error("the daemon closed the connection without an answer");
    this.#early.unshift(have.subarray(at + HEAD_END.length));
    return parseHijackAnswer(have.toString("latin1", 0, at));
  }

  /** Reads a body of that length, or up to the end where it is unknown. */
  async readText(length: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let have = 0;
    const all = this.read((chunk) => {
      chunks.push(chunk);
      have += chunk.byteLength;
      if (have >= length) this.close();
      return undefined;
    });
    if (length === 0) this.close();
    await all;
    return Buffer.concat(chunks).toString();
  }

  #open(socket: Socket): void {
    this.#socket = socket;
  }

  #receive(chunk: Uint8Array): void {
    this.#early.push(chunk);
    this.#pump();
  }

  /** Hands on what has come, one chunk at a time; the socket rests while the reader is busy. */
  #pump(): void {
    while (!this.#busy && this.#sink !== undefined) {
      const chunk = this.#early.shift();
      if (chunk === undefined) break;
      if (chunk.byteLength > 0) this.#give(chunk, this.#sink);
    }
    if (this.#ended && !this.#busy && this.#early.length === 0) this.#finished.resolve();
  }

  #give(chunk: Uint8Array, sink: ChunkSink): void {
    try {
      const taking = sink(chunk);
      if (taking === undefined) return;
      this.#busy = true;
      this.#socket?.pause();
      taking.then(
        () => this.#takeMore(),
        (error: unknown) => this.#refuse(error),
      );
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A reader that cannot take more ends the stream: the writer must not wait for it. */
  #refuse(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#sink = undefined;
    this.#busy = false;
    this.#early.length = 0;
    this.close();
  }

  #takeMore(): void {
    this.#busy = false;
    if (!this.#ended) this.#socket?.resume();
    this.#pump();
  }

  #end(error?: Error): void {
    this.#ended = true;
    this.#failure ??= error;
    this.#drained.resolve();
    this.#pump();
  }
}

async function connectTo(
  { unix, origin, tls }: Endpoint,
  socket: Bun.SocketHandler<undefined>,
): Promise<void> {
  // Half open: our end of input must not end their output.
  const options = { socket, allowHalfOpen: true };
  if (unix !== undefined) {
    await Bun.connect({ ...options, unix });
    return;
  }
  const { hostname, port } = new URL(origin);
  await Bun.connect({
    ...options,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
    ...(tls === undefined ? {} : { tls: toTlsOptions(tls) }),
  });
}
