// Debian packages, where this runs as root on a Debian; elsewhere, one line that says what is missing.

import { existsSync } from "node:fs";
import { capture, findCommand, SetupError, say } from "./program.mjs";

/**
 * Makes sure of tools, each known by a command or a file and by the package that brings it. Nothing
 * is asked of the network when all are there.
 */
export function ensureDebianPackages(tools, purpose) {
  const missing = listMissing(tools);
  if (missing.length === 0) return;
  if (process.getuid() !== 0 || findCommand("apt-get") === undefined) {
    throw new SetupError(`Cannot go on: ${purpose} needs the packages ${missing.join(", ")}`);
  }
  say(`Installing Debian packages for ${purpose}: ${missing.join(" ")} …`);
  // The lists of a fresh machine are empty or old: refresh them only when they are of no use.
  if (install(missing).ok) return;
  apt(["update"]);
  const { ok, output } = install(missing);
  if (!ok)
    throw new SetupError(
      `Cannot install ${missing.join(", ")}: ${output.trim().split("\n").pop()}`,
    );
}

/** The packages of those tools that are not there. */
export function listMissing(tools) {
  return tools
    .filter((tool) =>
      tool.file ? !existsSync(tool.file) : findCommand(tool.command) === undefined,
    )
    .map((tool) => tool.package);
}

function install(packages) {
  return apt(["install", "--yes", "--no-install-recommends", ...packages]);
}

function apt(args) {
  return capture("apt-get", ["-o", "DPkg::Lock::Timeout=120", ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
}
