import { expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setXattr } from "../../test/support/layer-ground.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { findFileInLayers } from "./layer-reader.ts";
import type { RootSource } from "./model.ts";
import { RootMounter } from "./root-mount.ts";
import { readInRoot } from "./root-reader.ts";

const NAMES = ["bottom", "middle", "upper", "work"] as const;

/** Three layers made by a shell, in a directory of a test's own. */
class Layers implements Disposable {
  readonly directory = new TemporaryDirectory();
  readonly root: RootSource;

  constructor(script: string) {
    const at = (name: (typeof NAMES)[number]) => join(this.directory.path, name);
    for (const name of NAMES) mkdirSync(at(name));
    const { exitCode, stderr } = Bun.spawnSync(["sh", "-ec", script], { cwd: this.directory.path });
    if (exitCode !== 0) throw new Error(`${script}: ${stderr.toString()}`);
    this.#makeOpaque(join(at("upper"), "d"));
    const lowers = [at("middle"), at("bottom")];
    this.root = { lowers, upper: at("upper"), work: at("work"), volatile: true };
  }

  /** A directory with a file of this name hides what is below it: a shell has no program for that. */
  #makeOpaque(directory: string): void {
    if (!existsSync(join(directory, "OPAQUE"))) return;
    setXattr(directory, "trusted.overlay.opaque", "y");
  }

  /** What a program in a container would read. */
  readMounted(path: string): string | undefined {
    const stageDirectory = join(this.directory.path, "stage");
    mkdirSync(stageDirectory, { recursive: true });
    const mounter = new RootMounter({ stageDirectory, layerRoot: this.directory.path });
    using mount = mounter.mount(this.root, undefined);
    return readInRoot(mount, path)?.toString();
  }

  [Symbol.dispose](): void {
    this.directory[Symbol.dispose]();
  }
}

// What is made, what is looked for, what is found; unclear: only a mount can tell.
const CASES: Readonly<Record<string, readonly [string, string, string | undefined | null]>> = {
  "a file of the lowest layer": ["mkdir bottom/etc; echo low > bottom/etc/f", "/etc/f", "low\n"],
  "the topmost of several": [
    "for l in bottom middle upper; do echo $l > $l/f; done",
    "/f",
    "upper\n",
  ],
  "one in between": ["echo b > bottom/f; echo m > middle/f", "f", "m\n"],
  nothing: ["mkdir bottom/etc", "/etc/f", undefined],
  "a file that was removed above": [`echo b > bottom/f; mknod upper/f c 0 0`, "/f", undefined],
  "a file in a directory that was removed above": [
    `mkdir bottom/d; echo b > bottom/d/f; mknod middle/d c 0 0`,
    "/d/f",
    undefined,
  ],
  "a file that came back": [
    `echo b > bottom/f; mknod middle/f c 0 0; echo u > upper/f`,
    "/f",
    "u\n",
  ],
  "a link": ["echo b > bottom/g; ln -s g bottom/f", "/f", null],
  "a file behind a link": ["mkdir bottom/d; echo b > bottom/d/f; ln -s d bottom/l", "/l/f", null],
  "a file in a directory that hides those below": [
    "mkdir bottom/d upper/d; echo b > bottom/d/f; touch upper/d/OPAQUE",
    "/d/f",
    null,
  ],
  "a directory": ["mkdir bottom/f", "/f", null],
  "a pipe": ["mkfifo bottom/f", "/f", null],
  "the root itself": ["true", "/", null],
};

for (const [name, [script, path, expected]] of Object.entries(CASES)) {
  testAsRoot(`findFileInLayers() finds ${name} as a mount does`, () => {
    using layers = new Layers(script);
    const found = findFileInLayers(layers.root, path);

    if (expected === null) expect(found.kind).toBe("unclear");
    else expect(found.kind === "file" ? found.content.toString() : undefined).toBe(expected);
    if (found.kind !== "unclear") {
      expect(layers.readMounted(path)).toBe(
        found.kind === "file" ? found.content.toString() : undefined,
      );
    }
  });
}

testAsRoot("a mount reads what the layers alone cannot tell", () => {
  using layers = new Layers(
    "mkdir bottom/d upper/d; echo b > bottom/d/f; echo g > bottom/g; ln -s /g bottom/l; mkfifo bottom/p; touch upper/d/OPAQUE",
  );

  expect(layers.readMounted("/d/f")).toBeUndefined();
  expect(layers.readMounted("/l")).toBe("g\n");
  // Nobody waits for the other end of an image's pipe.
  expect(layers.readMounted("/p")).toBeUndefined();
  expect(layers.readMounted("/d")).toBeUndefined();
});

test("a very large file is left to a mount", () => {
  using layers = new Layers("truncate -s 9M bottom/f");

  expect(findFileInLayers(layers.root, "/f").kind).toBe("unclear");
});

test("a file that is read is read whole", () => {
  using layers = new Layers("true");
  const text = "x".repeat(300_000);
  writeFileSync(join(layers.root.upper, "f"), text);
  const found = findFileInLayers(layers.root, "/f");

  expect(found.kind === "file" ? found.content.toString() : "").toBe(text);
});
