import type { ByteStream } from "../client/api-transport.ts";
import { FrameDecoder, type StreamName } from "../client/frames.ts";

/** A piece of what a program wrote. */
export interface OutputChunk {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
  /** The same as text; a character that is cut in two comes with the chunk of its last byte. */
  readonly text: string;
}

/** What a program wrote, and how it ended. */
export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Reads what comes over an attached connection, no faster than it is taken. */
export function readStream(stream: ByteStream, tty: boolean): AsyncGenerator<OutputChunk> {
  return readOutput(chunksOf(stream), tty);
}

/** Reads Docker's frames, or the plain bytes of a terminal, as pieces of output. */
export async function* readOutput(
  chunks: AsyncIterable<Uint8Array>,
  tty: boolean,
): AsyncGenerator<OutputChunk> {
  const texts = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let ready: OutputChunk[] = [];
  const take = (stream: StreamName, piece: Uint8Array) => {
    // Copied: a piece is a part of a buffer that is used again.
    const bytes = Uint8Array.from(piece);
    ready.push({ stream, bytes, text: texts[stream].decode(bytes, { stream: true }) });
  };
  const frames = new FrameDecoder(take);
  for await (const chunk of chunks) {
    if (tty) take("stdout", chunk);
    else frames.push(chunk);
    yield* ready;
    ready = [];
  }
  if (!tty) frames.end();
}

/** Gathers all output as text. */
export async function collectOutput(
  output: AsyncIterable<OutputChunk>,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  for await (const { stream, text } of output) texts[stream] += text;
  return texts;
}

/** Turns a stream that pushes into one that is pulled: the sender waits until a chunk is taken. */
async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array> {
  let deliver: (chunk: Uint8Array | undefined) => void = () => undefined;
  let next = new Promise<Uint8Array | undefined>((resolve) => {
    deliver = resolve;
  });
  let goOn: () => void = () => undefined;
  const all = stream.read((chunk) => {
    deliver(chunk);
    return new Promise((resolve) => {
      goOn = resolve;
    });
  });
  // A failure is thrown where it is awaited below.
  all.catch(() => undefined).finally(() => deliver(undefined));

  for (let chunk = await next; chunk !== undefined; chunk = await next) {
    yield chunk;
    next = new Promise((resolve) => {
      deliver = resolve;
    });
    goOn();
  }
  await all;
}
