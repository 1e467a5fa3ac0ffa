// Keeps node_modules in step with package-lock.json.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { capture, SetupError, say } from "./program.mjs";
import { ROOT } from "./project.mjs";

/** Installs the locked npm packages when they are missing or older than the lock. */
export function ensureNpmPackages() {
  // npm writes this file last, so an install that was cut off does not count.
  const installed = modifiedAt("node_modules/.package-lock.json");
  if (installed !== undefined && installed >= (modifiedAt("package-lock.json") ?? 0)) return;

  say("Installing npm packages …");
  // Nothing here needs an install script (npm 12 would block them), and Bun is an optional package.
  // Not `npm ci`, which wants the optional packages of all other systems in the lock: registries
  // that mirror only some do not have them.
  const args = ["install", "--no-save", "--ignore-scripts", "--include=dev", "--include=optional"];
  const npm = capture("npm", [...args, "--no-audit", "--no-fund"], { cwd: ROOT });
  if (!npm.ok) throw new SetupError(`Cannot install npm packages: ${complaints(npm.output)}`);
}

/** The path of Bun, as npm installed it for this machine. */
export function bunPath() {
  const machine = { x64: "x64", arm64: "aarch64" }[process.arch];
  const path = join(ROOT, `node_modules/@oven/bun-linux-${machine}/bin/bun`);
  if (machine !== undefined && existsSync(path)) return path;
  throw new SetupError(
    `Cannot find Bun: there is no package of it for ${process.platform} on ${process.arch} with glibc`,
  );
}

function modifiedAt(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs;
}

/** npm's own words, without its empty lines and its usage. */
function complaints(text) {
  const lines = text.split("\n").filter((line) => /^npm error \S/i.test(line));
  return (lines.length > 0 ? lines : text.trim().split("\n")).slice(0, 6).join("\n");
}
