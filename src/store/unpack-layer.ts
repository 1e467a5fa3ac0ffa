import { createReadStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Digest, Digester } from "../oci/digest.ts";
import { type Compression, decompress, sniff } from "./compression.ts";
import { TarReader } from "./tar-reader.ts";
import { LayerUnpacker, type UnpackedLayer } from "./unpack.ts";

const CHUNK_BYTES = 1 << 18;

/** What a layer's archive turned out to be. */
export interface LayerContent extends UnpackedLayer {
  /** Of the archive without its compression. */
  readonly diffId: Digest;
  readonly compression: Compression;
}

/**
 * Unpacks the archive at `path` to `diff` in a new directory, and tells what it is. Where its digest
 * is to be compared with a known one, that is what shows that it is whole; else its end mark must.
 */
export async function unpackLayerFile(
  path: string,
  target: { readonly directory: string; readonly lowers: readonly string[] },
  options: { readonly endMark: "required" | "optional" },
): Promise<LayerContent> {
  const diff = join(target.directory, "diff");
  mkdirSync(target.directory, { mode: 0o700 });
  mkdirSync(diff, { mode: 0o755 });
  using unpacker = new LayerUnpacker(diff, target.lowers);
  const reader = new TarReader(unpacker);
  const { compression, diffId } = await readLayerFile(path, (chunk) => reader.feed(chunk));
  reader.finish(options);
  return { ...unpacker.finish(), compression, diffId };
}

/** The diff id of the archive at `path`, which is not unpacked. */
export function digestLayerFile(
  path: string,
): Promise<Pick<LayerContent, "diffId" | "compression">> {
  return readLayerFile(path, () => undefined);
}

async function readLayerFile(path: string, use: (chunk: Uint8Array) => void) {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream = await sniff(file);
  const digester = new Digester();
  for await (const chunk of decompress(stream)) {
    digester.update(chunk);
    use(chunk);
  }
  return { compression: stream.compression, diffId: digester.digest() };
}
