// Which files are tests, and in which parts they run.

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "./project.mjs";

const FOLDERS = ["scripts", "src", "test"];
const SKIPPED = new Set(["node_modules"]);

/** All test files, as paths from the project's folder, sorted. */
export function listTestFiles() {
  return FOLDERS.flatMap((folder) => [...walk(join(ROOT, folder))])
    .map((path) => relative(ROOT, path))
    .sort();
}

/** Deals files out as cards are dealt, so that each part has some of every folder. */
export function dealOut(files, parts) {
  return Array.from({ length: parts }, (_, part) =>
    files.filter((_, index) => index % parts === part),
  );
}

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* walk(path);
    if (entry.isFile() && /\.test\.(ts|mjs)$/.test(entry.name)) yield path;
  }
}
