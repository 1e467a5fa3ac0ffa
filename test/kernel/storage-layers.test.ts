// Images of as many layers as there may be, in a data root with a long path.

import { expect } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { dockerArchive } from "../support/image-archives.ts";
import { binaryFile, imageConfig } from "../support/image-world.ts";
import { makeTar, tarFile } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";

/** What Docker takes at most. */
const LAYERS = 125;

/** Busybox and small layers, each of which replaces a file of all and removes that of the one below. */
async function makeArchive(): Promise<Uint8Array> {
  const busybox = await Bun.file(await ensureBusyboxArchive()).bytes();
  const small = Array.from({ length: LAYERS - 1 }, (_, index) =>
    makeTar([
      tarFile({ name: "top" }, String(index)),
      tarFile({ name: `kept/${index}` }, ""),
      tarFile({ name: `brief/${index}` }, ""),
      ...(index === 0 ? [] : [tarFile({ name: `brief/.wh.${index - 1}` })]),
    ]),
  );
  const layers = [busybox, ...(await Promise.all(small))];
  const files = layers.map((layer, index) => binaryFile(`${index}.tar`, layer));
  const entry = {
    Config: "config.json",
    RepoTags: ["many:latest"],
    Layers: files.map((_, index) => `${index}.tar`),
  };
  return dockerArchive([entry], files, imageConfig(layers));
}

class LongRoot implements Disposable {
  readonly #top = mkdtempSync("/var/tmp/st-long-");
  readonly path = join(this.#top, "with spaces, commas: colons".padEnd(200, "x"), "y".repeat(200));

  constructor() {
    mkdirSync(this.path, { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#top, { recursive: true });
  }
}

test("an image of 125 layers runs from a data root with a long path", async () => {
  using root = new LongRoot();
  await using daemon = await TestDaemon.start("--data-root", root.path);
  const loaded = await new ApiUser(daemon).ask("POST", "/images/load", await makeArchive());
  expect(loaded.text).toContain("Loaded image: many:latest");
  const show = ["many", "sh", "-c", "cat /top; ls /kept | wc -l; ls /brief; echo x > /kept/new"];
  for (const option of ["--userns=private", "--userns=host"]) {
    const { stdout, stderr } = await daemon.sampan(["run", "--rm", option, ...show]);
    expect([stdout, stderr]).toEqual(["123124\n123\n", ""]);
  }
  await daemon.stop();
  await daemon.startAgain("--storage-driver", "copy");
  const { stdout } = await daemon.sampan(["run", "--rm", ...show]);
  expect(stdout).toBe("123124\n123\n");
});
