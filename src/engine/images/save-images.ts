import type { TarEntry } from "../../base/tar/tar-entry.ts";
import { type TarFile, writeTar } from "../../base/tar/tar-writer.ts";
import { type Digest, digestOf, hexOf } from "../../oci/digest.ts";
import { ANNOTATION, MEDIA_TYPE } from "../../oci/manifest.ts";
import {
  familiarReference,
  formatReference,
  parseReference,
  type Reference,
  repositoryOf,
} from "../../oci/reference.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { Store } from "../../store/store.ts";
import { type DescribedImage, describeImage } from "./describe-image.ts";
import { getImage, isIdPrefix, splitNames } from "./find-image.ts";
import { configOf } from "./image-configs.ts";

/** An image to save, with the names that the user asked for. */
export interface SavedImage {
  readonly image: ImageRow;
  readonly names: readonly Reference[];
}

/** Finds what is to be saved. A name without a tag is all of its tags, as in Docker; an id is no name. */
export function chooseImages(store: Store, refs: readonly string[]): readonly SavedImage[] {
  const names = new Map<Digest, Map<string, Reference>>();
  const add = (id: Digest, found: readonly Reference[]) => {
    const known = names.get(id) ?? new Map<string, Reference>();
    for (const name of found) known.set(formatReference(name), name);
    names.set(id, known);
  };
  for (const ref of refs) {
    for (const { id, tags } of findSaved(store, ref)) add(id, tags);
  }
  return [...names].map(([id, tags]) => ({
    image: getImage(store, id),
    names: [...tags.values()],
  }));
}

interface Found {
  readonly id: Digest;
  readonly tags: readonly Reference[];
}

function findSaved(store: Store, ref: string): readonly Found[] {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(ref)) return [{ id: getImage(store, ref).id, tags: [] }];
  const name = parseReference(ref);
  if (name.tag === undefined && name.digest === undefined) {
    const repository = repositoryOf(name);
    const rows = store.references
      .list()
      .filter((row) => repositoryOf(row.reference) === repository);
    const tagged = rows.filter((row) => splitNames([row.reference]).tags.length > 0);
    if (tagged.length > 0) return tagged.map((row) => ({ id: row.imageId, tags: [row.reference] }));
  }
  const image = getImage(store, ref);
  const isName = name.tag !== undefined && !isIdPrefix(image, ref);
  return [{ id: image.id, tags: isName ? [name] : [] }];
}

/** Writes images to an archive that readers of OCI layouts and of Docker's own form both know. */
export async function* saveImages(
  store: Store,
  images: readonly SavedImage[],
): AsyncGenerator<Uint8Array> {
  using holds = new DisposableStack();
  const parts = images.map((saved) => ({ ...saved, ...describeImage(store, saved.image) }));
  for (const { layers } of parts) for (const layer of layers) holds.use(layer.hold());
  yield* writeTar(archiveFiles(parts));
}

type Part = SavedImage & DescribedImage;

function* archiveFiles(parts: readonly Part[]): Generator<TarFile> {
  yield jsonFile("oci-layout", { imageLayoutVersion: "1.0.0" });
  yield jsonFile("index.json", indexOf(parts));
  yield jsonFile("manifest.json", parts.map(dockerEntryOf));
  yield directory("blobs/");
  yield directory("blobs/sha256/");

  const written = new Set<Digest>();
  for (const bytes of parts.flatMap(({ manifest, image }) => [manifest.content, image.config])) {
    const digest = digestOf(bytes);
    if (!written.has(digest)) yield bytesFile(pathOf(digest), bytes);
    written.add(digest);
  }
  for (const layer of parts.flatMap(({ layers }) => layers)) {
    if (written.has(layer.digest)) continue;
    written.add(layer.digest);
    yield { entry: entryOf(pathOf(layer.digest), layer.sizeBytes), content: layer.read() };
  }
}

/** One entry for each name, as the layout has it; one without a name for an image that has none. */
function indexOf(parts: readonly Part[]) {
  return {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: parts.flatMap(({ image, names, manifest }) => {
      const { os, architecture, variant } = configOf(image);
      const descriptor = {
        mediaType: manifest.mediaType,
        digest: manifest.digest,
        size: manifest.content.length,
        platform: { architecture, os, ...(variant === "" ? {} : { variant }) },
      };
      if (names.length === 0) return [descriptor];
      return names.map((name) => ({ ...descriptor, annotations: annotationsOf(name) }));
    }),
  };
}

function annotationsOf(name: Reference) {
  return {
    [ANNOTATION.fullName]: formatReference(name),
    [ANNOTATION.name]: name.tag ?? "",
  };
}

function dockerEntryOf({ image, names, layers }: Part) {
  return {
    Config: pathOf(image.id),
    RepoTags: names.length === 0 ? null : names.map(familiarReference),
    Layers: layers.map(({ digest }) => pathOf(digest)),
  };
}

function pathOf(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

function jsonFile(name: string, value: unknown): TarFile {
  return bytesFile(name, Buffer.from(JSON.stringify(value)));
}

function bytesFile(name: string, bytes: Uint8Array): TarFile {
  return { entry: entryOf(name, bytes.length), content: [bytes] };
}

function directory(name: string): TarFile {
  return { entry: { ...entryOf(name, 0), kind: "directory", mode: 0o755 } };
}

/** With no time and no owner, so that the same images give the same archive. */
function entryOf(name: string, size: number): TarEntry {
  return {
    kind: "file",
    name,
    linkName: "",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtimeNs: 0n,
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
  };
}
