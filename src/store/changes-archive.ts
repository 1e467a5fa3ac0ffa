import type { TarEntry } from "../base/tar/tar-entry.ts";
import { splitPath } from "./entry-path.ts";
import { archiveFiles } from "./tree-archive.ts";
import type { ChangedTree, TreeChange } from "./tree-changes.ts";

/** Changes as an image's layer. What was deleted is said by marks. image-spec, layer.md, "Whiteouts" */
export function archiveChanges(
  { upper, ids }: Pick<ChangedTree, "upper" | "ids">,
  changes: readonly TreeChange[],
): AsyncGenerator<Uint8Array> {
  return archiveFiles(upper, entriesOf(changes), ids);
}

function* entriesOf(changes: readonly TreeChange[]): Generator<string | TarEntry> {
  for (const { kind, path } of changes) yield kind === "deleted" ? whiteoutOf(path) : path;
}

function whiteoutOf(path: string): TarEntry {
  const { parent, base } = splitPath(path);
  return {
    kind: "file",
    name: parent === "" ? `.wh.${base}` : `${parent}/.wh.${base}`,
    linkName: "",
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeNs: 0n,
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
  };
}
