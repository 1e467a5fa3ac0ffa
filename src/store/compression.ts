import { createGunzip, type Gunzip } from "node:zlib";
import { EngineError } from "../base/errors.ts";

export type Compression = "none" | "gzip" | "zstd";

/** A stream whose compression is known, from its beginning. */
export interface SniffedStream {
  readonly compression: Compression;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The longest of the signatures below. */
const SIGNATURE_BYTES = 6;
const CHUNK_BYTES = 1 << 17;

const SIGNATURES: readonly (readonly [string, Compression | "bzip2" | "xz"])[] = [
  ["1f8b08", "gzip"],
  ["28b52ffd", "zstd"],
  ["425a68", "bzip2"],
  ["fd377a585a00", "xz"],
];

/** A zstd stream may begin with a frame that holds no content; any of 16 marks. */
const ZSTD_SKIPPABLE = /^5[0-9a-f]2a4d18/;

/** Tells from the first bytes how a stream is compressed; the returned stream has them, too. */
export async function sniff(source: AsyncIterable<Uint8Array>): Promise<SniffedStream> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < SIGNATURE_BYTES) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    // Copied: the source may use its memory again.
    head.push(Buffer.from(value));
    length += value.length;
  }
  return { compression: compressionOf(Buffer.concat(head)), bytes: resume(head, iterator) };
}

/**
 * The content of a stream that is plain, gzip or zstd. What the source throws comes through as it is,
 * and its chunks need only be good until the next one is asked for.
 */
export async function* decompress({
  compression,
  bytes,
}: SniffedStream): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* bytes;
    return;
  }
  const failure: { cause?: unknown } = {};
  const source = noting(bytes, failure);
  try {
    yield* compression === "gzip" ? gunzip(source) : unzstd(source);
  } catch (cause) {
    throw failure.cause ?? broken(compression, cause);
  }
}

async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = createGunzip({ chunkSize: CHUNK_BYTES });
  // It fails exactly when reading the decoder does, where the failure is seen.
  const fed = feedDecoder(source, decoder).catch(() => undefined);
  try {
    yield* decoder;
  } finally {
    await fed;
  }
}

/** Gives a chunk only when the one before it is used up: the source may use its memory again. */
async function feedDecoder(source: AsyncIterable<Uint8Array>, decoder: Gunzip): Promise<void> {
  const closed = new Promise<void>((resolve) => decoder.once("close", resolve));
  try {
    for await (const chunk of source) {
      if (decoder.destroyed) return;
      const written = new Promise<void>((resolve) => decoder.write(chunk, () => resolve()));
      await Promise.race([written, closed]);
    }
    decoder.end();
  } catch (cause) {
    decoder.destroy(cause instanceof Error ? cause : new Error(String(cause)));
  }
}

/** By the platform's own stream: node:zlib takes twice the time, and says nothing of a cut-off one. */
async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream("zstd");
  const fed = feed(source, writable).catch(() => undefined);
  try {
    yield* readable;
  } finally {
    await fed;
  }
}

async function feed(source: AsyncIterable<Uint8Array>, sink: WritableStream): Promise<void> {
  const writer = sink.getWriter();
  try {
    // Copied, as its memory may be used again: when the decoder is done with it is not said.
    for await (const chunk of source) await writer.write(Buffer.from(chunk));
    await writer.close();
  } catch (cause) {
    await writer.abort(cause);
  }
}

function compressionOf(head: Buffer): Compression {
  const hex = head.toString("hex", 0, SIGNATURE_BYTES);
  if (ZSTD_SKIPPABLE.test(hex)) return "zstd";
  const [, found = "none"] = SIGNATURES.find(([signature]) => hex.startsWith(signature)) ?? [];
  if (found !== "bzip2" && found !== "xz") return found;
  throw new EngineError(
    "invalid",
    `Cannot read the archive: it is compressed with ${found}, and plain, gzip and zstd are known; ` +
      `decompress it first, as with "${found} -dc"`,
  );
}

async function* resume(
  head: readonly Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
    }
  } finally {
    // A reader that stops early must reach the source, which may hold a file or a connection.
    await iterator.return?.();
  }
}

/** Keeps the source's own failure apart from what it makes the decoder say. */
async function* noting(
  source: AsyncIterable<Uint8Array>,
  failure: { cause?: unknown },
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (cause) {
    failure.cause = cause;
    throw cause;
  }
}

function broken(compression: Compression, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError("invalid", `Cannot decompress the ${compression} stream: ${reason}`, {
    cause,
  });
}
