import { expect } from "bun:test";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerArchive, ENTRY, LAYERS, LOWER } from "../../test/support/image-archives.ts";
import { ImageWorld } from "../../test/support/image-world.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { digestOf } from "../oci/digest.ts";

const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  "is gone": (path) => rmSync(path),
  "has other content": (path) => writeFileSync(path, "LOW"),
  "is shorter": (path) => writeFileSync(path, ""),
  "leads elsewhere": (path) => {
    rmSync(path);
    symlinkSync("/etc/passwd", path);
  },
};

for (const [what, damage] of Object.entries(DAMAGES)) {
  testAsRoot(
    `to save a layer one file of which ${what} fails, and says that it is damaged`,
    async () => {
      await using world = new ImageWorld();
      await world.load(await dockerArchive([ENTRY], LAYERS));
      damage(join(world.root, "layers/1/diff/low"));
      const failure = await world.save("app:1").catch((error) => error);
      expect(failure).toMatchObject({
        kind: "internal",
        message: expect.stringContaining(
          `Cannot read ${digestOf(LOWER)}: what is on the disk is damaged`,
        ),
      });
    },
  );
}
