import { readFileSync } from "node:fs";
import { badArchive } from "../base/tar/tar-entry.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";
import { joinPath, splitPath } from "./entry-path.ts";
import type { GrowingFile } from "./growing-file.ts";
import type { LayerBuild } from "./layer-build.ts";

// A manifest or configuration has some kilobytes.
const MAX_TEXT_BYTES = 16 << 20;
/** Links to links to links: no program writes more than one. */
const MAX_LINKS = 8;

/** A file of an archive, on the disk. */
export interface ArchivedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly digest: Digest;
  /** Where it looked like a layer, and was none that is known, it is unpacked already. */
  readonly build?: LayerBuild;
}

/** What receiving an archive needs. */
export interface ArchiveHost {
  /** A path that nothing has. */
  newPath(): string;
  /** Unpacks a layer. */
  build(file: GrowingFile): LayerBuild;
  /** Whether this is a layer's blob that need not be unpacked again. */
  isKnown(digest: Digest): boolean;
}

/** The files of an archive by their names in it. */
export class ArchiveFiles {
  readonly #files = new Map<string, ArchivedFile | { readonly failure: unknown }>();
  readonly #links = new Map<string, string>();

  /** One that looked like a layer and could not be unpacked matters only where it is asked for. */
  addFile(name: string, file: ArchivedFile | { readonly failure: unknown }): void {
    this.#links.delete(name);
    this.#files.set(name, file);
  }

  addLink(name: string, target: string): void {
    this.#files.delete(name);
    this.#links.set(name, target);
  }

  find(name: string): ArchivedFile | undefined {
    let path = joinPath(splitPath(name));
    for (let links = 0; links < MAX_LINKS; links++) {
      const target = this.#links.get(path);
      if (target === undefined) return whole(this.#files.get(path));
      path = target;
    }
    return undefined;
  }

  get(name: string): ArchivedFile {
    const file = this.find(name);
    if (file === undefined) throw badArchive(`it has no file ${JSON.stringify(name)}`);
    return file;
  }

  /** All of a small file. */
  read(name: string): Uint8Array {
    const { path, sizeBytes } = this.get(name);
    if (sizeBytes <= MAX_TEXT_BYTES) return readFileSync(path);
    throw badArchive(`${JSON.stringify(name)} has ${sizeBytes} bytes`);
  }
}

/** The digest that a blob's name in a layout claims; undefined for all other names. */
export function digestInName(name: string): Digest | undefined {
  const [, hex] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name) ?? [];
  return hex === undefined ? undefined : parseDigest(`sha256:${hex}`);
}

function whole(
  file: ArchivedFile | { readonly failure: unknown } | undefined,
): ArchivedFile | undefined {
  if (file !== undefined && "failure" in file) throw file.failure;
  return file;
}
