import { EngineError } from "../../base/errors.ts";
import { digestOf } from "../../oci/digest.ts";
import type { Platform } from "../../oci/platform.ts";
import type { Reference } from "../../oci/reference.ts";
import type { ArchivedFile, ArchiveFiles } from "../../store/archive-files.ts";
import type { ManifestRow } from "../../store/manifest-records.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { listLayoutManifests, readOciLayout } from "./oci-layout.ts";

/** An image that an archive holds, before its layers are looked into. */
export interface ArchivedImage {
  /** The configuration, byte for byte. */
  readonly config: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly ArchivedFile[];
  readonly names: readonly Reference[];
  /** What the archive describes it by, the manifest itself first. */
  readonly manifests: readonly ManifestRow[];
}

/** What images an archive holds: as Docker saves them, or in the layout of OCI. */
export function readArchive(files: ArchiveFiles, platform: Platform): readonly ArchivedImage[] {
  const hasLayout = files.find("index.json") !== undefined;
  // What Docker saves has both, and its own list has the names in full.
  if (files.find("manifest.json") !== undefined) {
    const images = readDockerArchive(files);
    return hasLayout ? withManifests(images, listLayoutManifests(files, platform)) : images;
  }
  if (hasLayout) return readOciLayout(files, platform);
  const isOld = files.find("repositories") !== undefined;
  throw new EngineError(
    "invalid",
    isOld
      ? "Cannot load the archive: it is of the form before Docker 1.10; save it again with a newer Docker"
      : "Cannot load the archive: it has neither manifest.json nor index.json; " +
          "for the files of a root file system, use import",
  );
}

function withManifests(
  images: readonly ArchivedImage[],
  known: ReturnType<typeof listLayoutManifests>,
): readonly ArchivedImage[] {
  return images.map((image) => ({
    ...image,
    manifests: known.get(digestOf(image.config)) ?? [],
  }));
}
