// The image that shows a container from inside: `FROM scratch`, and build/demo in it.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { capture, passThrough, SetupError } from "./program.mjs";
import { BUILD, SAMPAN } from "./project.mjs";

const NAME = "sampan/hello";

/** Runs a container of the default image on the daemon at a socket; returns its exit code. */
export function runDefaultImage(socket) {
  const host = ["--host", `unix://${socket}`];
  ensureImage(host);
  return passThrough(SAMPAN, [...host, "run", "--rm", NAME]);
}

/** Imports the image unless the daemon has it, made of the same program. */
function ensureImage(host) {
  const label = `sampan.hello=${digestOf(join(BUILD, "demo"))}`;
  const images = capture(SAMPAN, [
    ...host,
    "images",
    "--quiet",
    "--filter",
    `label=${label}`,
    NAME,
  ]);
  if (images.ok && images.stdout.trim() !== "") return;

  const changes = ['ENTRYPOINT ["/demo"]', `LABEL ${label}`].flatMap((line) => ["--change", line]);
  const archive = join(BUILD, "demo.tar");
  const tar = [
    "--create",
    "--owner=0",
    "--group=0",
    `--file=${archive}`,
    `--directory=${BUILD}`,
    "demo",
  ];
  mustRun("tar", tar);
  mustRun(SAMPAN, [...host, "import", ...changes, archive, NAME]);
}

function digestOf(path) {
  return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
}

function mustRun(command, args) {
  const { ok, output } = capture(command, args);
  if (!ok) throw new SetupError(`Cannot make the default image: ${output.trim()}`);
}
