import { EngineError } from "../../base/errors.ts";
import type { Reference } from "../../oci/reference.ts";
import type { ArchiveFiles } from "../../store/archive-files.ts";
import type { StagedFile } from "../../store/staging.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { readOciLayout } from "./oci-layout.ts";

/** An image that an archive holds, before its layers are looked into. */
export interface ArchivedImage {
  /** The configuration, byte for byte. */
  readonly config: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly StagedFile[];
  readonly names: readonly Reference[];
}

/** What images an archive holds: as Docker saves them, or in the layout of OCI. */
export function readArchive(files: ArchiveFiles): readonly ArchivedImage[] {
  // What Docker saves has both, and its own list has the names in full.
  if (files.find("manifest.json") !== undefined) return readDockerArchive(files);
  if (files.find("index.json") !== undefined) return readOciLayout(files);
  const isOld = files.find("repositories") !== undefined;
  throw new EngineError(
    "invalid",
    isOld
      ? "Cannot load the archive: it is of the form before Docker 1.10; save it again with a newer Docker"
      : "Cannot load the archive: it has neither manifest.json nor index.json; " +
          "for the files of a root file system, use import",
  );
}
