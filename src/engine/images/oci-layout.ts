import { EngineError } from "../../base/errors.ts";
import { hexOf } from "../../oci/digest.ts";
import { ANNOTATION, type Descriptor, type Manifest, parseManifest } from "../../oci/manifest.ts";
import { fitsPlatform, formatPlatform, hostPlatform } from "../../oci/platform.ts";
import { parseReference, type Reference, withDefaultTag } from "../../oci/reference.ts";
import type { ArchiveFiles } from "../../store/archive-files.ts";
import type { StagedFile } from "../../store/staging.ts";
import { badArchive } from "../../store/tar-entry.ts";
import type { ArchivedImage } from "./archive-images.ts";

/** An index can hold an index; no program writes more than two levels. */
const MAX_DEPTH = 8;

/** Reads a layout of OCI. Of images for several platforms, the one for this machine is taken. */
export function readOciLayout(files: ArchiveFiles): readonly ArchivedImage[] {
  const root = parseText(files.read("index.json"), "index.json");
  if (root.kind !== "index") throw badArchive("index.json is no index");
  const images = groupByName(root.manifests.filter(isImage)).map((group) => {
    const descriptor = group.length === 1 ? group[0] : chooseForHost(group, "index.json");
    if (descriptor === undefined) throw badArchive("index.json names no image");
    return readImage(files, descriptor);
  });
  return images.filter((image) => image !== undefined);
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

function isImage({ annotations, platform }: Descriptor): boolean {
  return annotations[ANNOTATION.attestation] === undefined && platform?.os !== "unknown";
}

function readImage(files: ArchiveFiles, descriptor: Descriptor): ArchivedImage {
  const manifest = resolveManifest(files, descriptor, 0);
  return {
    config: files.read(checkedPath(files, manifest.config)),
    layers: manifest.layers.map((layer) => checkedFile(files, layer)),
    names: namesOf(descriptor),
  };
}

function resolveManifest(files: ArchiveFiles, descriptor: Descriptor, depth: number): Manifest {
  const document = parseText(files.read(checkedPath(files, descriptor)), descriptor.digest);
  if (document.kind === "manifest") return document;
  if (depth === MAX_DEPTH) throw badArchive("its indexes hold each other too deep");
  const chosen = chooseForHost(document.manifests.filter(isImage), descriptor.digest);
  return resolveManifest(files, chosen, depth + 1);
}

/** A descriptor that says no platform is taken where none says ours. */
function chooseForHost(descriptors: readonly Descriptor[], where: string): Descriptor {
  const host = hostPlatform();
  const chosen =
    descriptors.find(({ platform }) => platform !== undefined && fitsPlatform(platform, host)) ??
    descriptors.find(({ platform }) => platform === undefined);
  if (chosen !== undefined) return chosen;
  const offered = descriptors.map(({ platform }) => platform && formatPlatform(platform));
  throw new EngineError(
    "invalid",
    `Cannot load the archive: ${where} has no image for ${formatPlatform(host)}, ` +
      `only for ${offered.join(", ") || "nothing"}`,
  );
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
function checkedFile(files: ArchiveFiles, descriptor: Descriptor): StagedFile {
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
