// Makes a fresh clone ready to run: npm packages and the C parts. Quick when nothing is to do.
//
//   node scripts/setup.mjs [--test]

import { pathToFileURL } from "node:url";
import { ensureDebianPackages } from "./debian.mjs";
import { ensureNativeBuild } from "./native-build.mjs";
import { bunPath, ensureNpmPackages } from "./npm-packages.mjs";
import { SetupError, say } from "./program.mjs";

/** What only the tests need, each with the Debian package that brings it. */
const TEST_TOOLS = [
  { command: "buildah", package: "buildah" },
  { command: "busybox", package: "busybox-static" },
  { command: "cpio", package: "cpio" },
  { command: "docker-compose", package: "docker-compose" },
  { command: "docker-registry", package: "docker-registry" },
  { command: "ip", package: "iproute2" },
  { command: "iptables", package: "iptables" },
  { command: "mkfs.btrfs", package: "btrfs-progs" },
  { command: "mkfs.xfs", package: "xfsprogs" },
  { command: "nft", package: "nftables" },
  { command: "ping", package: "iputils-ping" },
  { command: "openssl", package: "openssl" },
  { command: "podman", package: "podman" },
  { file: "/usr/lib/python3/dist-packages/docker/__init__.py", package: "python3-docker" },
  { command: "skopeo", package: "skopeo" },
  { command: "umoci", package: "umoci" },
  { command: "zstd", package: "zstd" },
  ...(process.arch === "x64"
    ? [{ command: "qemu-system-x86_64", package: "qemu-system-x86" }]
    : []),
];

/** Brings everything up to date; with `test` also what the tests need. */
export function setUp({ test = false } = {}) {
  if (process.platform !== "linux") throw new SetupError("Cannot go on: Sampan runs on Linux only");
  ensureNpmPackages();
  bunPath();
  ensureNativeBuild();
  if (test) ensureDebianPackages(TEST_TOOLS, "the tests");
}

/** Runs a script's main function; what a person can mend is told in one line. */
export async function main(run) {
  // A reader that went away, as `| head` does, must not keep a script from tidying up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

function ignoreClosedPipe(error) {
  if (error.code !== "EPIPE") throw error;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await main(() => setUp({ test: process.argv.includes("--test") }));
}
