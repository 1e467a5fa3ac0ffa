import { EngineError } from "../base/errors.ts";
import { SysError } from "../linux/syscall.ts";
import { type Digest, Digester } from "../oci/digest.ts";
import type { BlobStore } from "./blobs.ts";
import type { Compression } from "./compression.ts";
import type { LayerBlobTable } from "./layer-blob-records.ts";
import type { LayerRow } from "./layer-records.ts";
import type { LayerStore } from "./layers.ts";

/** An archive that can be read here: it is kept, or made again from a layer's files. */
export interface LayerArchive {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly compression: Compression;
  /** Keeps it readable until it is let go. */
  hold(): Disposable;
  /** Fails at the end where the bytes are not those of the digest. */
  read(): AsyncIterable<Uint8Array>;
}

/** Gives the archives of layers that are here, whichever way there is. */
export class LayerArchives {
  readonly #layers: LayerStore;
  readonly #table: LayerBlobTable;
  readonly #blobs: BlobStore;

  constructor(parts: { layers: LayerStore; layerBlobs: LayerBlobTable; blobs: BlobStore }) {
    this.#layers = parts.layers;
    this.#table = parts.layerBlobs;
    this.#blobs = parts.blobs;
  }

  /** Just this archive, byte for byte; undefined where it is not to be had. */
  find(digest: Digest): LayerArchive | undefined {
    const row = this.#table.find(digest);
    if (row !== undefined && this.#blobs.has(digest)) {
      return {
        ...row,
        hold: () => this.#blobs.hold(digest),
        read: () => checked(this.#blobs.read(digest), digest),
      };
    }
    const layer = this.#layers.findRebuildable(digest);
    return layer === undefined ? undefined : this.#rebuilt(layer);
  }

  /** Some archive of a layer: one that is kept, else the plain one. */
  get(diffId: Digest): LayerArchive {
    const known = this.#table.listByLayer(diffId).map(({ digest }) => digest);
    const kept = known.filter((digest) => this.#blobs.has(digest));
    for (const digest of [...kept, diffId]) {
      const archive = this.find(digest);
      if (archive !== undefined) return archive;
    }
    throw new EngineError(
      "conflict",
      `Cannot read layer ${diffId}: it was removed meanwhile, or its archive is missing`,
    );
  }

  #rebuilt(layer: LayerRow): LayerArchive {
    const { diffId, chainId, tarBytes } = layer;
    return {
      digest: diffId,
      sizeBytes: tarBytes ?? 0,
      compression: "none",
      hold: () => this.#layers.hold(chainId),
      read: () => checked(this.#layers.rebuild(layer), diffId),
    };
  }
}

async function* checked(
  bytes: AsyncIterable<Uint8Array>,
  wanted: Digest,
): AsyncGenerator<Uint8Array> {
  const digester = new Digester();
  try {
    for await (const chunk of bytes) {
      digester.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    // A file of the layer is gone, or is something else.
    throw cause instanceof SysError ? damaged(wanted, cause) : cause;
  }
  if (digester.digest() !== wanted) throw damaged(wanted);
}

function damaged(digest: Digest, cause?: unknown): EngineError {
  return new EngineError(
    "internal",
    `Cannot read ${digest}: what is on the disk is damaged; "sampan system check --deep" tells more`,
    { cause },
  );
}
