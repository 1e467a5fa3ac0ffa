import { readFileSync } from "node:fs";
import { release } from "node:os";
import type { VersionInfo } from "../engine/system-facade.ts";

const HOME = `${import.meta.dir}/../..`;

/** What this program is, for `version`. */
export function readVersion(): VersionInfo {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(`${HOME}/package.json`, "utf8"),
  );
  return {
    version,
    commit: readCommit(),
    kernel: release(),
    os: process.platform,
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    bun: Bun.version,
    builtAt: "",
  };
}

/** The commit of a clone; a package has none. No git is run for it. */
function readCommit(): string {
  try {
    const head = readFileSync(`${HOME}/.git/HEAD`, "utf8").trim();
    if (!head.startsWith("ref: ")) return head.slice(0, 12);
    return readFileSync(`${HOME}/.git/${head.slice(5)}`, "utf8").slice(0, 12);
  } catch {
    // Not a clone, or one that keeps its references packed.
    return "";
  }
}
