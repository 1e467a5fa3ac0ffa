import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { EngineError } from "../base/errors.ts";

export type Compression = "none" | "gzip" | "zstd";

/** A stream whose compression is known, from its beginning. */
export interface SniffedStream {
  readonly compression: Compression;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The longest of the signatures below. */
const SIGNATURE_BYTES = 6;
const CHUNK_BYTES = 1 << 18;

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
    head.push(value);
    length += value.length;
  }
  return { compression: compressionOf(Buffer.concat(head)), bytes: resume(head, iterator) };
}

/** The content of a stream that is plain, gzip or zstd. What the source throws comes through as it is. */
export async function* decompress({
  compression,
  bytes,
}: SniffedStream): AsyncGenerator<Uint8Array> {
  if (compression === "none") {
    yield* bytes;
    return;
  }
  const options = { chunkSize: CHUNK_BYTES };
  const decoder = compression === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  const failure: { cause?: unknown } = {};
  // It fails exactly when reading the decoder does, where the failure is seen.
  const fed = pipeline(Readable.from(noting(bytes, failure)), decoder).catch(() => undefined);
  try {
    yield* decoder;
  } catch (cause) {
    throw failure.cause ?? broken(compression, cause);
  } finally {
    await fed;
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
