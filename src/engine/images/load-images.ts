import { createReadStream } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import { chainIdOf, type Digest, digestOf } from "../../oci/digest.ts";
import { parseImageConfig } from "../../oci/image.ts";
import { hostPlatform, type Platform } from "../../oci/platform.ts";
import { familiarReference, type Reference } from "../../oci/reference.ts";
import type { ArchivedFile } from "../../store/archive-files.ts";
import { GrowingFile } from "../../store/growing-file.ts";
import type { ImageIntake, NewImage } from "../../store/image-intake.ts";
import type { LayerBlobRow } from "../../store/layer-blob-records.ts";
import { checkDiffId } from "../../store/layer-build.ts";
import type { Store } from "../../store/store.ts";
import { digestLayer } from "../../store/unpack-layer.ts";
import { type ArchivedImage, readArchive } from "./archive-images.ts";
import { setName } from "./image-names.ts";
import { checkPlatform } from "./image-platform.ts";

export interface Loaded {
  readonly id: Digest;
  /** With the image that had the name before. */
  readonly names: readonly { readonly name: Reference; readonly before: Digest | undefined }[];
}

/**
 * Stores all images of an archive, or, where one of them is bad, none. Where a platform is asked for,
 * all must be for it.
 */
export async function loadImages(
  store: Store,
  archive: AsyncIterable<Uint8Array>,
  platform?: Platform,
): Promise<readonly Loaded[]> {
  await using intake = store.newIntake();
  const files = await intake.receiveArchive(archive);
  const archived = readArchive(files, platform ?? hostPlatform());
  for (const { config, names } of archived) {
    const id = digestOf(config);
    const [name] = names;
    checkPlatform({ id, config }, name === undefined ? id : familiarReference(name), platform);
  }
  const loader = new LayerLoader(store, intake);
  const images: NewImage[] = [];
  for (const { config, layers, manifests } of archived) {
    images.push({ config, layers: await loader.load(config, layers), manifests });
  }
  const loaded: Loaded[] = [];
  intake.commit(images, () => {
    for (const { config, names, manifests } of archived) {
      const id = digestOf(config);
      const target = manifests.at(-1)?.digest;
      const set = (name: Reference) => ({ name, before: setName(store, name, { id, target }) });
      loaded.push({ id, names: names.map(set) });
    }
  });
  return loaded;
}

/** What Docker's load shows of an image. */
export function* describeLoaded({ id, names }: Loaded): Generator<string> {
  for (const { name, before } of names) {
    const shown = familiarReference(name);
    if (before !== undefined) {
      yield `The image ${shown} already exists, renaming the old one with ID ${before} to empty string`;
    }
    yield `Loaded image: ${shown}`;
  }
  if (names.length === 0) yield `Loaded image ID: ${id}`;
}

/** Puts the layers of an archive's images in their places. */
class LayerLoader {
  readonly #store: Store;
  readonly #intake: ImageIntake;
  /** A file can be a layer of several images, and be unpacked only once for a place. */
  readonly #placed = new Set<ArchivedFile>();

  constructor(store: Store, intake: ImageIntake) {
    this.#store = store;
    this.#intake = intake;
  }

  /** Returns the chain ids of an image's layers, lowest first. */
  async load(config: Uint8Array, layers: ArchivedImage["layers"]): Promise<readonly Digest[]> {
    const { os, diffIds } = parseImageConfig(new TextDecoder().decode(config));
    if (os !== "linux" && os !== "") {
      throw new EngineError("invalid", `cannot load ${os} image on linux`);
    }
    if (layers.length !== diffIds.length) {
      throw new EngineError(
        "invalid",
        `invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${layers.length}`,
      );
    }
    const chain: Digest[] = [];
    for (const [i, diffId] of diffIds.entries()) {
      const file = layers[i];
      if (file !== undefined) chain.push(await this.#add(file, chain.at(-1) ?? null, diffId));
    }
    return chain;
  }

  async #add(file: ArchivedFile, below: Digest | null, diffId: Digest): Promise<Digest> {
    const chainId = chainIdOf(below, diffId);
    if (!this.#intake.findLayer(chainId)) await this.#place(file, below, diffId);
    const blob = await this.#identify(file);
    // These bytes may be kept, and given to others: they must be the layer.
    checkDiffId(blob.diffId, diffId);
    this.#intake.offerBlob(file.path, blob, { isFetchable: false });
    return chainId;
  }

  async #place(file: ArchivedFile, below: Digest | null, diffId: Digest): Promise<void> {
    const isFirst = !this.#placed.has(file);
    this.#placed.add(file);
    const build = (isFirst ? file.build : undefined) ?? this.#buildAgain(file);
    await this.#intake.place(build, below, { diffId });
  }

  #buildAgain({ path, sizeBytes }: ArchivedFile) {
    const whole = new GrowingFile(path);
    whole.grow(sizeBytes);
    whole.complete();
    return this.#intake.build(whole, "optional");
  }

  async #identify({ path, digest, sizeBytes, build }: ArchivedFile): Promise<LayerBlobRow> {
    const known = this.#store.layerBlobs.find(digest);
    if (known !== undefined) return known;
    const content = await (build?.content ?? digestLayer(createReadStream(path)));
    return { digest, sizeBytes, diffId: content.diffId, compression: content.compression };
  }
}
