import { EngineError } from "../../base/errors.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { parseImageConfig } from "../../oci/image.ts";
import { familiarReference, type Reference } from "../../oci/reference.ts";
import type { ImageIntake, IntakeLayer, NewImage } from "../../store/image-intake.ts";
import type { Store } from "../../store/store.ts";
import { type ArchivedImage, readArchive } from "./archive-images.ts";
import { setName } from "./image-names.ts";

export interface Loaded {
  readonly id: Digest;
  /** With the image that had the name before. */
  readonly names: readonly { readonly name: Reference; readonly before: Digest | undefined }[];
}

/** Stores all images of an archive, or, where one of them is bad, none. */
export async function loadImages(
  store: Store,
  archive: AsyncIterable<Uint8Array>,
): Promise<readonly Loaded[]> {
  await using intake = store.newIntake();
  const archived = readArchive(await intake.receiveArchive(archive));
  const images: NewImage[] = [];
  for (const image of archived) {
    images.push({ config: image.config, layers: await addLayers(intake, image) });
  }
  const loaded: Loaded[] = [];
  intake.commit(images, () => {
    for (const { config, names } of archived) {
      const id = digestOf(config);
      loaded.push({ id, names: names.map((name) => ({ name, before: setName(store, name, id) })) });
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

async function addLayers(
  intake: ImageIntake,
  { config, layers }: ArchivedImage,
): Promise<readonly IntakeLayer[]> {
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
  const added: IntakeLayer[] = [];
  for (const [i, layer] of layers.entries()) {
    added.push(await intake.addLayer(layer, added.at(-1), diffIds[i]));
  }
  return added;
}
