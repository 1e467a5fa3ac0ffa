import type { ByteStream } from "../../client/api-transport.ts";
import type { Io, WindowSize } from "../io.ts";
import { copyFrames, copyRaw } from "./copy-output.ts";
import { DetachKeyFilter, parseDetachKeys } from "./detach-keys.ts";

/** How a user's terminal or pipes are tied to a container's streams. */
export interface SessionOptions {
  /** The container has a terminal: bytes come as they are, and keys can detach. */
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly detachKeys: string;
}

/** What attach and exec say when the user leaves by the detach keys. */
export const DETACHED = "read escape sequence";

export type SessionEnd = "ended" | "detached";

/** Carries input and output until the output ends, or until the user presses the detach keys. */
export async function serveSession(
  stream: ByteStream,
  options: SessionOptions,
  io: Io,
): Promise<SessionEnd> {
  const keys = parseDetachKeys(options.detachKeys);
  const raw = options.tty && options.stdin && (await io.terminal.isTerminal("stdin"));
  using _terminal = raw ? await io.terminal.makeRaw() : undefined;
  const filter = options.tty ? new DetachKeyFilter(keys) : undefined;
  const input = options.stdin ? sendInput(stream, filter, io) : undefined;
  const output = receiveOutput(stream, options.tty, io);
  const end = await Promise.race([output, ...(input === undefined ? [] : [detaching(input)])]);
  if (end === "detached") stream.close();
  return end;
}

async function receiveOutput(stream: ByteStream, tty: boolean, io: Io): Promise<SessionEnd> {
  const copier = tty ? copyRaw(io) : copyFrames(io);
  await stream.read(copier.take);
  copier.end();
  return "ended";
}

/** The end of input alone is not the end of the session. */
async function detaching(input: Promise<SessionEnd>): Promise<SessionEnd> {
  const end = await input;
  return end === "detached" ? end : new Promise(() => undefined);
}

async function sendInput(
  stream: ByteStream,
  filter: DetachKeyFilter | undefined,
  io: Io,
): Promise<SessionEnd> {
  for await (const chunk of io.stdin.stream()) {
    if (filter === undefined) {
      await stream.write(chunk);
      continue;
    }
    const { input, detached } = filter.push(chunk);
    await stream.write(input);
    if (detached) return "detached";
  }
  stream.closeWrite();
  return "ended";
}

/** Keeps a container's terminal as large as the user's, until disposed. */
export function followWindowSize(io: Io, resize: (size: WindowSize) => Promise<void>): Disposable {
  const update = async () => {
    const size = await io.terminal.size();
    // The program may have ended meanwhile: then nobody needs the size.
    if (size !== undefined) await resize(size).catch(() => undefined);
  };
  void update();
  return io.onSignal("SIGWINCH", () => void update());
}
