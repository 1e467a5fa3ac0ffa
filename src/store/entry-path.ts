import { badArchive, shownName } from "../base/tar/tar-entry.ts";

/** Where an entry goes, below the layer's root. Names are bytes as latin1, without `.` and `..`. */
export interface EntryPath {
  /** Names with slashes between; empty for the root. */
  readonly parent: string;
  /** Empty for the root itself. */
  readonly base: string;
}

/** What an entry's name says that it is: a thing of the layer, or a mark about the layers below. */
export type EntryMeaning =
  | { readonly kind: "content"; readonly path: EntryPath }
  /** The path is not there any more. */
  | { readonly kind: "whiteout"; readonly path: EntryPath }
  /** Nothing of the layers below shows in `directory`. */
  | { readonly kind: "opaque"; readonly directory: string }
  /** Notes that AUFS kept for itself. */
  | { readonly kind: "ignored" };

const WHITEOUT = ".wh.";
const AUFS = ".wh..wh.";
const OPAQUE = ".wh..wh..opq";

/** Reads a name from an archive. An absolute one, and one that climbs with `..`, stays in the root. */
export function readEntryName(name: string): EntryMeaning {
  const path = splitPath(name);
  if (path.base === OPAQUE) return { kind: "opaque", directory: path.parent };
  if (path.base.startsWith(AUFS) || hasAufsParent(path.parent)) return { kind: "ignored" };
  if (!path.base.startsWith(WHITEOUT)) return { kind: "content", path };

  const base = path.base.slice(WHITEOUT.length);
  if (base === "" || base === "." || base === "..") {
    throw badArchive(`${shownName(name)} removes nothing that can be there`);
  }
  return { kind: "whiteout", path: { ...path, base } };
}

/** The way from the root to a name, as the archive's reader resolves it: by its letters alone. */
export function splitPath(name: string): EntryPath {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  const base = parts.pop() ?? "";
  return { parent: parts.join("/"), base };
}

export function joinPath({ parent, base }: EntryPath): string {
  return parent === "" ? base : `${parent}/${base}`;
}

function hasAufsParent(parent: string): boolean {
  return parent.includes(AUFS) && parent.split("/").some((part) => part.startsWith(AUFS));
}
