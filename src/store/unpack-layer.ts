import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TarReader } from "../base/tar/tar-reader.ts";
import { type Digest, Digester } from "../oci/digest.ts";
import { type Compression, decompress, sniff } from "./compression.ts";
import { RecipeWriter } from "./recipe.ts";
import { LayerUnpacker, type UnpackedLayer } from "./unpack.ts";

/** What a layer's archive turned out to be. */
export interface LayerContent extends UnpackedLayer {
  /** Of the archive as it came. */
  readonly blobDigest: Digest;
  readonly blobBytes: number;
  readonly compression: Compression;
  /** Of the archive without its compression. */
  readonly diffId: Digest;
  readonly tarBytes: number;
}

/** A layer that is unpacked, and whose implied directories look as nothing was below. */
export interface LayerOnItsOwn extends Disposable {
  readonly content: LayerContent;
  /** Gives those directories what they have in the layers below, topmost first. */
  inherit(lowers: readonly string[]): void;
}

/** Where the parts of an unpacked layer are in its directory. */
export function layerPaths(directory: string) {
  return { diff: join(directory, "diff"), recipe: join(directory, "recipe") };
}

/**
 * Unpacks an archive into a new directory, with the recipe to make it again, and tells what it is.
 * Where its digest is to be compared with a known one, that is what shows that it is whole; else its
 * end mark must.
 */
export async function unpackLayer(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  options: { readonly endMark: "required" | "optional" },
): Promise<LayerOnItsOwn> {
  const paths = layerPaths(directory);
  mkdirSync(directory, { mode: 0o700 });
  mkdirSync(paths.diff, { mode: 0o755 });
  using undo = new DisposableStack();
  using recipe = new RecipeWriter(paths.recipe);
  const unpacker = undo.use(new LayerUnpacker(paths.diff, recipe));
  const reader = new TarReader(unpacker);
  const digests = await readLayer(archive, (chunk) => reader.feed(chunk));
  reader.finish(options);
  recipe.finish();
  const content = { ...unpacker.finish(), ...digests };
  undo.move();
  return {
    content,
    inherit: (lowers) => unpacker.inherit(lowers),
    [Symbol.dispose]: () => unpacker[Symbol.dispose](),
  };
}

/** The digests of an archive that is not unpacked. */
export function digestLayer(archive: AsyncIterable<Uint8Array>) {
  return readLayer(archive, () => undefined);
}

async function readLayer(archive: AsyncIterable<Uint8Array>, use: (chunk: Uint8Array) => void) {
  const packed = new Counter();
  const stream = await sniff(packed.count(archive));
  const { compression } = stream;
  const plain = new Counter();
  for await (const chunk of decompress(stream)) {
    // One sum does for both where they are the same bytes.
    if (compression !== "none") plain.add(chunk);
    use(chunk);
  }
  const { digest: blobDigest, sizeBytes: blobBytes } = packed.finish();
  const { digest: diffId, sizeBytes: tarBytes } =
    compression === "none" ? { digest: blobDigest, sizeBytes: blobBytes } : plain.finish();
  return { compression, blobDigest, blobBytes, diffId, tarBytes };
}

/** The digest and length of bytes that pass. */
class Counter {
  readonly #digester = new Digester();
  #sizeBytes = 0;

  add(chunk: Uint8Array): void {
    this.#digester.update(chunk);
    this.#sizeBytes += chunk.length;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.add(chunk);
      yield chunk;
    }
  }

  finish() {
    return { digest: this.#digester.digest(), sizeBytes: this.#sizeBytes };
  }
}
