import * as net from "node:net";
import * as tls from "node:tls";
import type { ByteStream, ChunkSink } from "../client/api-transport.ts";
import type { Endpoint } from "../client/endpoint.ts";
import { ApiError, ConnectionError, messageOf } from "../client/errors.ts";
import {
  encodeHijack,
  HEAD_END,
  HEAD_LIMIT,
  type HijackAnswer,
  isHijacked,
  parseHijackAnswer,
} from "../client/hijack-head.ts";

/** Opens an attach or exec stream; a refusal is thrown as an ApiError. */
export async function openStream(
  endpoint: Endpoint,
  path: string,
  body: unknown,
): Promise<ByteStream> {
  const socket = await connect(endpoint);
  try {
    socket.write(encodeHijack(endpoint, path, body));
    const answer = await readHead(socket);
    if (isHijacked(answer)) return new NodeStream(socket);
    const { status, bodyBytes } = answer;
    throw new ApiError(status, messageOf(await readText(socket, bodyBytes), status));
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A socket as a stream of bytes both ways. */
class NodeStream implements ByteStream {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    // Told to who reads; a writer only finds the stream closed.
    socket.on("error", () => undefined);
  }

  async read(sink: ChunkSink): Promise<void> {
    const chunks = this.#socket.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks as AsyncIterable<Uint8Array>) await sink(chunk);
  }

  async write(chunk: Uint8Array): Promise<void> {
    const socket = this.#socket;
    if (!socket.writable || socket.write(chunk)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off("drain", done).off("close", done);
        resolve();
      };
      socket.on("drain", done).on("close", done);
    });
  }

  closeWrite(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}

function connect(endpoint: Endpoint): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const isSecure = endpoint.origin.startsWith("https:");
    const socket = isSecure ? connectTls(endpoint) : net.connect(addressOf(endpoint));
    const fail = (cause: Error) => reject(new ConnectionError(endpoint.host, cause));
    socket.once("error", fail);
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

function connectTls(endpoint: Endpoint): net.Socket {
  const { verify = true, ...identity } = endpoint.tls ?? {};
  return tls.connect({ ...addressOf(endpoint), ...identity, rejectUnauthorized: verify });
}

/** Half open: our end of input must not end their output. */
function addressOf({ unix, origin }: Endpoint): net.NetConnectOpts {
  if (unix !== undefined) return { path: unix, allowHalfOpen: true } as net.IpcNetConnectOpts;
  const { hostname, port } = new URL(origin);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port), allowHalfOpen: true };
}

/** Reads the answer's head; what follows it is put back. */
async function readHead(socket: net.Socket): Promise<HijackAnswer> {
  let have = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    have = Buffer.concat([have, chunk]);
    const at = have.indexOf(HEAD_END);
    if (at < 0 && have.length < HEAD_LIMIT) continue;
    if (at < 0) break;
    const rest = have.subarray(at + HEAD_END.length);
    if (rest.length > 0) socket.unshift(rest);
    return parseHijackAnswer(have.toString("latin1", 0, at));
  }
  throw new Error("the daemon closed the connection without an answer");
}

/** Reads a body of that length, or up to the end where it is unknown. */
async function readText(socket: net.Socket, length: number): Promise<string> {
  let text = "";
  if (length === 0) return text;
  for await (const chunk of socket) {
    text += chunk.toString("latin1");
    if (text.length >= length) break;
  }
  return Buffer.from(text, "latin1").toString();
}
