import { Database } from "bun:sqlite";
import { expect } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIG, ID, LOWER, UPPER } from "../../test/support/image-archives.ts";
import { ImageWorld } from "../../test/support/image-world.ts";
import { readTar } from "../../test/support/tar.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import { chainIds, digestOf, hexOf } from "../oci/digest.ts";
import { MIGRATIONS } from "./migrations.ts";

/** A data root as the first schema left it, with an image of two layers, a name and a snapshot of it. */
function makeOldRoot(root: string): void {
  for (const path of ["blobs/sha256", "layers/0/diff", "containers", "tmp"]) {
    mkdirSync(join(root, path), { recursive: true });
  }
  chmodSync(root, 0o711);
  using db = new Database(join(root, "sampan.db"), { create: true });
  db.run("PRAGMA journal_mode = WAL");
  db.run(MIGRATIONS[0] ?? "");
  db.run("PRAGMA user_version = 1");
  const layers = [LOWER, UPPER];
  const chain = chainIds(layers.map((layer) => digestOf(layer)));
  db.run("INSERT INTO images VALUES (?, ?, ?, ?)", [
    ID,
    CONFIG,
    "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00Z",
  ]);
  for (const [i, layer] of layers.entries()) {
    const [digest, key] = [digestOf(layer), i + 1];
    writeFileSync(join(root, "blobs/sha256", hexOf(digest)), layer);
    const diff = join(root, "layers", String(key), "diff");
    mkdirSync(diff, { recursive: true });
    writeFileSync(join(diff, i === 0 ? "low" : "up"), i === 0 ? "low" : "up");
    db.run("INSERT INTO layers VALUES (?, ?, ?, ?, 3, 0, 0)", [
      key,
      chain[i] ?? "",
      digest,
      chain[i - 1] ?? null,
    ]);
    db.run(
      "INSERT INTO image_layers VALUES (?, ?, ?, ?, ?, 'application/vnd.oci.image.layer.v1.tar')",
      [...[ID, i, chain[i] ?? "", digest, layer.length]],
    );
  }
  db.run("INSERT INTO image_references VALUES ('docker.io/library/app:1', ?)", [ID]);
}

test("a data root of the first schema keeps its image, which can be saved, loaded and removed", async () => {
  using directory = new TemporaryDirectory();
  const root = join(directory.path, "root");
  mkdirSync(root);
  makeOldRoot(root);
  await using world = new ImageWorld(root);
  expect(world.inventory()).toMatchObject({ images: [ID], references: 1, layers: ["0", "1", "2"] });
  const saved = await world.save("app:1");
  const blobs = readTar(saved).filter(({ name }) => name.includes("blobs/sha256/"));
  const contents = blobs.map(({ content }) => digestOf(content));
  expect(contents).toEqual(expect.arrayContaining([digestOf(LOWER), digestOf(UPPER), ID]));
  world.reopen();
  expect((await world.save("app:1")).equals(saved)).toBe(true);
  expect(readFileSync(join(root, "layers/1/diff/low"), "utf8")).toBe("low");

  await world.images.remove("app:1", { force: false });
  expect(world.inventory()).toMatchObject({ images: [], references: 0, layers: ["0"], blobs: [] });
  expect(await world.load(saved)).toEqual(["Loaded image: app:1"]);
  expect(world.inventory().images).toEqual([ID]);
});
