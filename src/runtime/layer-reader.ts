// Finding a file in layers without mounting them. What a mount would do in full (links, opaque
// directories on the way, moved directories) is left to one: this answers only where it is plain.

import { readFileSync } from "node:fs";
import { OPEN } from "../linux/beneath.ts";
import { openFile } from "../linux/fd.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType } from "../linux/statx.ts";
import { findXattrAt } from "../linux/xattr.ts";
import type { RootSource } from "./model.ts";

/** What was found; `unclear` means that only the mounted layers can tell. */
export type Found =
  | { readonly kind: "file"; readonly content: Buffer }
  | { readonly kind: "none" }
  | { readonly kind: "unclear" };

const MAX_BYTES = 8 * 1024 * 1024;

/** Looks for a file by its absolute path, from the upper directory down. */
export function findFileInLayers({ upper, lowers }: RootSource, path: string): Found {
  for (const layer of [upper, ...lowers]) {
    const found = findInLayer(layer, path);
    if (found !== undefined) return found;
  }
  return { kind: "none" };
}

/** Undefined: this layer says nothing of it. */
function findInLayer(layer: string, path: string): Found | undefined {
  using root = openFile(layer, OPEN.PATH | OPEN.DIRECTORY);
  const parts = path.split("/").filter(Boolean);
  for (const depth of parts.keys()) {
    const name = parts.slice(0, depth + 1).join("/");
    const status = findStatAt(root.number, name);
    if (status === undefined) return undefined;
    if (isWhiteout(status)) return { kind: "none" };
    if (depth === parts.length - 1) return readPlain(`${layer}/${name}`, status);
    if (!isPlainDirectory(root.number, name, status)) return { kind: "unclear" };
  }
  return { kind: "unclear" };
}

function readPlain(path: string, status: FileStatus): Found {
  if (!isType(status, FILE_TYPE.FILE) || status.size > MAX_BYTES) return { kind: "unclear" };
  return { kind: "file", content: readFileSync(path) };
}

function isPlainDirectory(root: number, name: string, status: FileStatus): boolean {
  if (!isType(status, FILE_TYPE.DIRECTORY)) return false;
  const marks = ["trusted.overlay.opaque", "trusted.overlay.redirect"];
  return marks.every((mark) => findXattrAt(root, name, mark) === undefined);
}

/** overlayfs.rst, "whiteouts and opaque directories" */
function isWhiteout(status: FileStatus): boolean {
  const { major, minor } = status.device;
  return isType(status, FILE_TYPE.CHARACTER) && major === 0 && minor === 0;
}
