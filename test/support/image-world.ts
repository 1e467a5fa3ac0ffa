import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { TarFile } from "../../src/base/tar/tar-writer.ts";
import { type ImageAction, StoredImages } from "../../src/engine/images/stored-images.ts";
import { digestOf, hexOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/manifest.ts";
import { Store } from "../../src/store/store.ts";
import { inPieces, makeTar, tarFile } from "./tar.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** A store of a test's own with its images, and all that they told. */
export class ImageWorld implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly root: string;
  readonly events: (readonly [action: ImageAction, id: string, name: string])[] = [];
  store: Store;
  images: StoredImages;

  constructor(root?: string) {
    this.root = root ?? join(this.#directory.path, "root");
    this.store = Store.open(this.root);
    this.images = this.#makeImages();
  }

  get directory(): string {
    return this.#directory.path;
  }

  /** As after the death of the daemon. */
  reopen(): void {
    this.store.close();
    this.store = Store.open(this.root);
    this.images = this.#makeImages();
  }

  /** Imports an image of one layer; returns its id. */
  async import(files: readonly TarFile[], target = "", changes: readonly string[] = []) {
    const archive = inPieces(await makeTar(files));
    return await this.images.import(archive, { target, changes, message: "" });
  }

  async load(archive: Uint8Array): Promise<readonly string[]> {
    return await Array.fromAsync(this.images.load(inPieces(archive, 65_536)));
  }

  async save(...refs: string[]): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(await this.images.save(refs)));
  }

  addContainer(id: string, imageId: string, status = "created"): void {
    const row = {
      id: id.padEnd(64, "0"),
      name: id,
      imageId,
      createdAt: "t",
      status,
      document: "{}",
    };
    this.store.containers.insert(row);
  }

  /** Everything that images leave behind: rows, layers, blobs, and what is half done. */
  inventory() {
    const { images, references } = this.store;
    return {
      images: images.list().map(({ id }) => id),
      references: references.list().length,
      layers: readdirSync(join(this.root, "layers")).sort(),
      blobs: readdirSync(join(this.root, "blobs/sha256")).sort(),
      containers: readdirSync(join(this.root, "containers")).sort(),
      // What is in the trash is being removed.
      unfinished: readdirSync(join(this.root, "tmp")).filter((name) => !name.startsWith("trash-")),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store.close();
    this.#directory[Symbol.dispose]();
  }

  #makeImages(): StoredImages {
    return new StoredImages(this.store, (...event) => this.events.push(event));
  }
}

/** A manifest for a configuration, with these archives as its layers. */
export function manifestOf(config: Uint8Array, layers: readonly Uint8Array[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      config: descriptor(config, { mediaType: MEDIA_TYPE.config }),
      layers: layers.map((layer) => descriptor(layer, { mediaType: MEDIA_TYPE.layer.gzip })),
    }),
  );
}

/** A configuration for these layers. */
export function imageConfig(layers: readonly Uint8Array[], part: object = {}): Buffer {
  const diffIds = layers.map((layer) => digestOf(layer));
  const config = {
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  return Buffer.from(JSON.stringify({ ...config, ...part }));
}

/** The files of a layout of OCI: blobs by their digests, and the index. */
export function ociFiles(index: object, blobs: readonly Uint8Array[]): readonly TarFile[] {
  return [
    tarFile({ name: "oci-layout" }, '{"imageLayoutVersion":"1.0.0"}'),
    tarFile({ name: "index.json" }, JSON.stringify({ schemaVersion: 2, ...index })),
    ...blobs.map((blob) => binaryFile(`blobs/sha256/${hexOf(digestOf(blob))}`, blob)),
  ];
}

export function binaryFile(name: string, content: Uint8Array): TarFile {
  const { entry } = tarFile({ name });
  return { entry: { ...entry, size: content.length }, content: [content] };
}

export function descriptor(blob: Uint8Array, part: object = {}) {
  return { mediaType: "x", digest: digestOf(blob), size: blob.length, ...part };
}
