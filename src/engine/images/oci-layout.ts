import { EngineError } from "../../base/errors.ts";
import { badArchive } from "../../base/tar/tar-entry.ts";
import { hexOf } from "../../oci/digest.ts";
import {
  ANNOTATION,
  type Descriptor,
  type ImageIndex,
  isImage,
  type Manifest,
  MEDIA_TYPE,
  parseManifest,
} from "../../oci/manifest.ts";
import { chooseForPlatform, formatPlatform, type Platform } from "../../oci/platform.ts";
import { parseReference, type Reference, withDefaultTag } from "../../oci/reference.ts";
import type { ArchivedFile, ArchiveFiles } from "../../store/archive-files.ts";
import type { ManifestRow } from "../../store/manifest-records.ts";
import type { ArchivedImage } from "./archive-images.ts";

/** An index can hold an index; no program writes more than two levels. */
const MAX_DEPTH = 8;

/** Reads a layout of OCI. Of images for several platforms, the one for `platform` is taken. */
export function readOciLayout(files: ArchiveFiles, platform: Platform): readonly ArchivedImage[] {
  const layout = new Layout(files, platform);
  return groupByName(layout.list()).map((group) => layout.readImage(group));
}

/** The manifests of a layout by the digest of the configuration that each is of. */
export function listLayoutManifests(
  files: ArchiveFiles,
  platform: Platform,
): ReadonlyMap<string, readonly ManifestRow[]> {
  const layout = new Layout(files, platform);
  const found = layout.list().map((descriptor) => layout.resolve([descriptor]));
  return new Map(found.map(({ manifest, rows }) => [manifest.config.digest, rows]));
}

/** Several descriptors with one name are one image for several platforms. */
function groupByName(descriptors: readonly Descriptor[]): readonly (readonly Descriptor[])[] {
  const named = Map.groupBy(descriptors, nameOf);
  const unnamed = (named.get("") ?? []).map((descriptor) => [descriptor]);
  named.delete("");
  return [...named.values(), ...unnamed];
}

function nameOf({ annotations }: Descriptor): string {
  return annotations[ANNOTATION.fullName] ?? annotations[ANNOTATION.name] ?? "";
}

/** An image's manifest, as it stands, with the indexes that led to it after it. */
interface Resolved {
  readonly manifest: Manifest;
  readonly rows: readonly ManifestRow[];
}

/** One layout, of which the images for one platform are wanted. */
class Layout {
  readonly #files: ArchiveFiles;
  readonly #platform: Platform;

  constructor(files: ArchiveFiles, platform: Platform) {
    this.#files = files;
    this.#platform = platform;
  }

  /** What the layout's own index names. */
  list(): readonly Descriptor[] {
    const root = parseText(this.#files.read("index.json"), "index.json");
    if (root.kind !== "index") throw badArchive("index.json is no index");
    return root.manifests.filter(isImage);
  }

  /** The image that these descriptors, which have one name, stand for. */
  readImage(group: readonly Descriptor[]): ArchivedImage {
    const { manifest, rows } = this.resolve(group);
    return {
      config: this.#files.read(checkedPath(this.#files, manifest.config)),
      layers: manifest.layers.map((layer) => checkedFile(this.#files, layer)),
      names: group.slice(0, 1).flatMap(namesOf),
      manifests: rows,
    };
  }

  resolve(group: readonly Descriptor[]): Resolved {
    const [only, ...more] = group;
    const isOne = only !== undefined && more.length === 0;
    return this.#resolve(isOne ? only : this.#choose(group, "index.json"), 0);
  }

  #resolve(descriptor: Descriptor, depth: number): Resolved {
    const { digest, mediaType } = descriptor;
    const content = this.#files.read(checkedPath(this.#files, descriptor));
    const document = parseText(content, digest);
    const row = { digest, mediaType: mediaType || mediaTypeOf(document), content };
    if (document.kind === "manifest") return { manifest: document, rows: [row] };
    if (depth === MAX_DEPTH) throw badArchive("its indexes hold each other too deep");
    const chosen = this.#choose(document.manifests.filter(isImage), digest);
    const { manifest, rows } = this.#resolve(chosen, depth + 1);
    return { manifest, rows: [...rows, row] };
  }

  #choose(descriptors: readonly Descriptor[], where: string): Descriptor {
    const chosen = chooseForPlatform(descriptors, this.#platform);
    if (chosen !== undefined) return chosen;
    const offered = descriptors.map(({ platform }) => platform && formatPlatform(platform));
    throw new EngineError(
      "invalid",
      `Cannot load the archive: ${where} has no image for ${formatPlatform(this.#platform)}, ` +
        `only for ${offered.join(", ") || "nothing"}`,
    );
  }
}

function mediaTypeOf({ kind }: Manifest | ImageIndex): string {
  return kind === "index" ? MEDIA_TYPE.index : MEDIA_TYPE.manifest;
}

/** A tag alone, as some programs note it, is no name. */
function namesOf(descriptor: Descriptor): readonly Reference[] {
  const name = nameOf(descriptor);
  const isWhole = descriptor.annotations[ANNOTATION.fullName] !== undefined || /[:/]/.test(name);
  return isWhole ? [withDefaultTag(parseReference(name))] : [];
}

function checkedPath(files: ArchiveFiles, descriptor: Descriptor): string {
  checkedFile(files, descriptor);
  return pathOf(descriptor);
}

/** A blob's bytes must be what its name says. */
function checkedFile(files: ArchiveFiles, descriptor: Descriptor): ArchivedFile {
  const file = files.get(pathOf(descriptor));
  const { digest, sizeBytes } = descriptor;
  if (file.digest !== digest || file.sizeBytes !== sizeBytes) {
    throw badArchive(
      `blob ${digest} of ${sizeBytes} bytes has ${file.sizeBytes} bytes with digest ${file.digest}`,
    );
  }
  return file;
}

function pathOf({ digest }: Descriptor): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

function parseText(bytes: Uint8Array, what: string) {
  return parseManifest(new TextDecoder().decode(bytes), what);
}
