import { chmod, chown, lstat, unlink } from "node:fs/promises";
import { connect, createServer, type ListenOptions, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { EngineError, explain } from "../../base/errors.ts";
import { type Host, parseHost } from "./host.ts";

/** What a listener needs beside its address. */
export interface ListenerOptions {
  /** The group that may use a unix socket; undefined: root's alone. */
  readonly gid?: number;
  /** PEM texts. A tcp host is refused without them: whoever reaches the API is root on the host. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  onConnection(socket: Socket): void;
}

/** An open door. */
export interface Listener {
  /** Where it listens; a port 0 has become the one that was chosen. */
  readonly host: string;
  /** Takes no more connections; those there are go on. */
  close(): void;
}

/** Listens on `unix:///path`, `tcp://address:port` or `fd://`. */
export async function listen(text: string, options: ListenerOptions): Promise<Listener> {
  const host = parseHost(text);
  try {
    return await open(host, options);
  } catch (cause) {
    throw explain(cause, `Cannot listen on "${text}"`);
  }
}

function open(host: Host, options: ListenerOptions): Promise<Listener> {
  switch (host.kind) {
    case "unix":
      return openUnix(host.path, options);
    case "tcp":
      return openTcp(host, options);
    case "fd":
      return openPlain({ fd: host.fd }, `fd://${host.fd}`, options);
  }
}

async function openUnix(path: string, options: ListenerOptions): Promise<Listener> {
  await removeStale(path);
  // Until its group is set the socket is for root alone.
  const umask = process.umask(0o177);
  const opening = openPlain({ path }, `unix://${path}`, options);
  process.umask(umask);

  const listener = await opening;
  await chown(path, process.getuid?.() ?? 0, options.gid ?? process.getgid?.() ?? 0);
  await chmod(path, 0o660);
  return listener;
}

async function openTcp(
  { address, port }: Host & { kind: "tcp" },
  { tls, onConnection }: ListenerOptions,
): Promise<Listener> {
  if (tls === undefined) {
    throw new EngineError("invalid", "tcp needs TLS with client certificates (ca, cert and key)");
  }
  const server = createTlsServer(
    { ...tls, requestCert: true, rejectUnauthorized: true, allowHalfOpen: true },
    onConnection,
  );
  await listening(server, { host: address, port });
  return { host: `tcp://${printAddress(server)}`, close: () => void server.close() };
}

async function openPlain(
  where: ListenOptions & { fd?: number },
  host: string,
  { onConnection }: ListenerOptions,
): Promise<Listener> {
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await listening(server, where);
  return { host, close: () => void server.close() };
}

function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // The run time's message does not always have the reason, its code does.
    const refuse = (error: NodeJS.ErrnoException) =>
      reject(new Error(`listen: ${error.code ?? error.message}`, { cause: error }));
    server.once("error", refuse);
    server.listen(where, () => {
      server.off("error", refuse);
      // A failed accept() or handshake is that client's affair.
      server.on("error", () => {});
      resolve();
    });
  });
}

/** Removes a socket that a killed daemon left; one that answers is another daemon's. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(absentIfMissing);
  if (found === undefined) return;
  if (!found.isSocket()) throw new EngineError("conflict", `${path} exists and is not a socket`);
  if (await answers(path)) throw new EngineError("conflict", "another daemon listens there");
  await unlink(path);
}

function absentIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

function printAddress(server: Server): string {
  const found = server.address();
  if (found === null || typeof found === "string") return String(found);
  const { address, port, family } = found;
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}
