import { readFileSync } from "node:fs";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { EngineError } from "../base/errors.ts";
import { formatLogAddress, type LogAddress } from "./log-address.ts";

/** How a receiver is made sure of. */
export interface TlsSettings {
  readonly caPath?: string;
  readonly certPath?: string;
  readonly keyPath?: string;
  readonly skipVerify: boolean;
}

/** A way to a receiver that keeps the order of what it carries. */
export interface Connection {
  /** Resolves when the kernel has taken it. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the receiver has said this text, from now on. */
  hear(text: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is reached by a stream. */
export type StreamAddress = Extract<LogAddress, { kind: "tcp" | "tcp+tls" | "unix" }>;

const TIMEOUT_MS = 10_000;
const LAST_WAIT_MS = 500;

/** Connects, or tells why not in Docker's words. */
export async function openConnection(
  address: StreamAddress,
  tls: TlsSettings = { skipVerify: false },
): Promise<Connection> {
  const socket = dial(address, tls);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("i/o timeout")));
  socket.once(address.kind === "tcp+tls" ? "secureConnect" : "connect", () => resolve());
  socket.on("error", (error) => reject(refused(address, error)));
  socket.on("close", () => reject(refused(address, new Error("connection closed"))));
  await promise;
  socket.setTimeout(0);
  return new SocketConnection(socket);
}

class SocketConnection implements Connection {
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    // Receivers say nothing, or an answer that is asked for: the end alone is heard at any time.
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.on("end", () => socket.destroy());
    socket.resume();
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) return Promise.reject(this.#error ?? new Error("broken pipe"));
    return this.#until((done) => this.#socket.write(bytes, (error) => done(error ?? undefined)));
  }

  hear(text: string): Promise<void> {
    let last = "";
    let onData: (bytes: Buffer) => void = () => {};
    const heard = this.#until((done) => {
      onData = (bytes) => {
        const all = last + bytes.toString("latin1");
        if (all.includes(text)) done();
        // It may come in pieces.
        last = all.slice(-text.length);
      };
      this.#socket.on("data", onData);
    });
    return heard.finally(() => this.#socket.off("data", onData));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.once("close", () => resolve());
    this.#socket.end(() => this.#socket.destroy());
    // One that does not read is not waited for.
    const timer = setTimeout(() => this.#socket.destroy(), LAST_WAIT_MS);
    await promise;
    clearTimeout(timer);
  }

  /** What waits for a connection that has broken is never called back. */
  #until(begin: (done: (error?: Error) => void) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onClose = () => reject(this.#error ?? new Error("connection closed"));
    this.#socket.once("close", onClose);
    begin((error) => (error === undefined ? resolve() : reject(error)));
    return promise.finally(() => this.#socket.off("close", onClose));
  }
}

function dial(address: StreamAddress, tls: TlsSettings): Socket {
  if (address.kind === "unix") return connect({ path: address.path });
  const { host, port } = address;
  if (address.kind === "tcp") return connect({ host, port });
  const { caPath, certPath, keyPath, skipVerify } = tls;
  return connectTls({
    host,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: !skipVerify,
    ...(caPath === undefined ? {} : { ca: readFileSync(caPath) }),
    ...(certPath === undefined ? {} : { cert: readFileSync(certPath) }),
    ...(keyPath === undefined ? {} : { key: readFileSync(keyPath) }),
  });
}

function refused(address: StreamAddress, error: Error): EngineError {
  const network = address.kind === "unix" ? "unix" : "tcp";
  const code = "code" in error ? error.code : undefined;
  const reason =
    code === "ECONNREFUSED"
      ? "connect: connection refused"
      : code === "ENOENT"
        ? "connect: no such file or directory"
        : error.message;
  const message = `dial ${network} ${formatLogAddress(address)}: ${reason}`;
  return new EngineError("internal", message, { cause: error });
}
