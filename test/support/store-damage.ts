// A data root with something of each kind, and every damage that a check knows, done by hand.

import { Database } from "bun:sqlite";
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { digestOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/manifest.ts";
import type { FindingKind } from "../../src/store/check/finding.ts";
import { ImageWorld, imageConfig, manifestOf, ociFiles } from "./image-world.ts";
import { makeTar, tarFile } from "./tar.ts";

const CONTAINER = "c".repeat(64);
/** An id that no container has. */
export const NOBODY = "d".repeat(64);
const NONE = `sha256:${"0".repeat(64)}`;

/** An image of two layers that came compressed, so that their archives are kept; a container; a volume. */
export async function makeCheckedWorld(): Promise<ImageWorld> {
  const world = new ImageWorld();
  const plain = [
    await makeTar([tarFile({ name: "etc/below" }, "below")]),
    await makeTar([tarFile({ name: "etc/above" }, "above")]),
  ];
  const layers = plain.map((layer) => gzipSync(layer));
  const config = imageConfig(plain);
  const manifest = manifestOf(config, layers);
  const index = {
    manifests: [
      {
        mediaType: MEDIA_TYPE.manifest,
        digest: digestOf(manifest),
        size: manifest.length,
        annotations: { "io.containerd.image.name": "docker.io/library/two:1" },
      },
    ],
  };
  await world.load(await makeTar(ociFiles(index, [...layers, config, manifest])));
  const [image] = world.store.images.list();
  world.addContainer(CONTAINER, image?.id ?? "");
  await world.store.snapshots.create(CONTAINER, { imageId: image?.id ?? "", owner: 0 });
  world.store.idRanges.allot(CONTAINER, 1);
  const volume = { name: "vol", labels: {}, options: {}, createdAt: "t", anonymous: false };
  world.store.volumes.insert({ ...volume, projectId: null });
  mkdirSync(join(world.root, "volumes/vol/_data"), { recursive: true });
  return world;
}

/** As a hand that knows no rules. */
export function sql(world: ImageWorld, text: string): void {
  using db = new Database(join(world.root, "sampan.db"));
  db.run("PRAGMA foreign_keys = OFF");
  db.run(text);
}

const topKey = (world: ImageWorld) => world.store.layers.list().at(-1)?.key ?? 0;

/** The directory of the topmost layer. */
export function topHome(world: ImageWorld): string {
  return world.store.layers.homeOf(topKey(world));
}

/** One of the archives that are kept. */
export function keptArchive(world: ImageWorld): string {
  const directory = join(world.root, "blobs/sha256");
  return join(directory, readdirSync(directory).sort()[0] ?? "");
}

export interface Damage {
  readonly name: string;
  readonly kinds: readonly FindingKind[];
  readonly damage: (world: ImageWorld) => void;
  readonly isDeep?: boolean;
  /** What --repair does not mend. */
  readonly stays?: boolean;
}

export const DAMAGES: readonly Damage[] = [
  {
    name: "a name for an image that is not there",
    kinds: ["reference-broken"],
    damage: (world) =>
      sql(world, `INSERT INTO image_references VALUES ('docker.io/x/y:1', '${NONE}', NULL)`),
  },
  {
    name: "layers listed for no image",
    kinds: ["image-layers-broken"],
    damage: (world) =>
      sql(world, `INSERT INTO image_layers SELECT '${NONE}', 0, chain_id FROM layers LIMIT 1`),
  },
  {
    name: "a manifest's link to no image",
    kinds: ["manifest-link-broken"],
    damage: (world) =>
      sql(world, `INSERT INTO image_manifests SELECT '${NONE}', digest FROM manifests LIMIT 1`),
  },
  {
    name: "ids without a container",
    kinds: ["id-range-abandoned"],
    damage: (world) => sql(world, `INSERT INTO id_ranges VALUES ('${NOBODY}', 655360000, 65536)`),
  },
  {
    name: "a layer's missing directory",
    kinds: ["layer-missing"],
    damage: (world) => rmSync(topHome(world), { recursive: true }),
  },
  {
    name: "a layer's missing recipe",
    kinds: ["recipe-missing"],
    damage: (world) => rmSync(join(topHome(world), "recipe")),
  },
  {
    name: "a layer's damaged recipe",
    kinds: ["layer-damaged"],
    isDeep: true,
    damage: (world) => writeFileSync(join(topHome(world), "recipe"), "not a recipe"),
  },
  {
    name: "a layer's changed file",
    kinds: ["layer-damaged"],
    isDeep: true,
    damage: (world) => writeFileSync(join(topHome(world), "diff/etc/above"), "abovE"),
  },
  {
    name: "a layer's missing file",
    kinds: ["layer-damaged"],
    isDeep: true,
    damage: (world) => rmSync(join(topHome(world), "diff/etc/above")),
  },
  {
    name: "a directory that is no layer's",
    kinds: ["layer-orphaned"],
    damage: (world) => mkdirSync(join(world.root, "layers/999/diff"), { recursive: true }),
  },
  {
    name: "a layer that nothing needs",
    kinds: ["layer-unused"],
    damage: (world) => {
      sql(
        world,
        `INSERT INTO layers (key, chain_id, diff_id, size, max_uid, max_gid)
         SELECT 77, '${NONE}', diff_id, 1, 0, 0 FROM layers LIMIT 1`,
      );
      mkdirSync(join(world.root, "layers/77/diff"), { recursive: true });
    },
  },
  {
    name: "a kept archive that is cut off",
    kinds: ["archive-damaged"],
    damage: (world) => appendFileSync(keptArchive(world), "x"),
  },
  {
    name: "a kept archive with other bytes",
    kinds: ["archive-damaged"],
    isDeep: true,
    damage: (world) =>
      writeFileSync(keptArchive(world), Buffer.alloc(statSync(keptArchive(world)).size)),
  },
  {
    name: "an archive of no layer",
    kinds: ["archive-orphaned"],
    damage: (world) => writeFileSync(join(world.root, "blobs/sha256", "e".repeat(64)), "x"),
  },
  {
    name: "a file that is no archive",
    kinds: ["archive-orphaned"],
    damage: (world) => writeFileSync(join(world.root, "blobs/sha256/note"), "x"),
  },
  {
    name: "a missing archive of a layer without a recipe",
    kinds: ["archive-missing"],
    stays: true,
    damage: (world) => {
      sql(world, `UPDATE layers SET tar_size = NULL WHERE key = ${topKey(world)}`);
      for (const digest of world.store.blobs.list()) world.store.blobs.remove(digest);
    },
  },
  {
    name: "an old download",
    kinds: ["download-stale"],
    damage: (world) => {
      const path = join(world.root, "blobs/partial", "e".repeat(64));
      writeFileSync(path, "half");
      utimesSync(path, 1, 1);
    },
  },
  {
    name: "a configuration with other bytes",
    kinds: ["image-damaged"],
    stays: true,
    damage: (world) => sql(world, "UPDATE images SET config = CAST('{}' AS BLOB)"),
  },
  {
    name: "an image's layers in another order",
    kinds: ["image-layers-wrong"],
    damage: (world) => sql(world, "DELETE FROM image_layers WHERE position = 0"),
  },
  {
    name: "a manifest with other bytes",
    kinds: ["manifest-damaged"],
    damage: (world) => sql(world, "UPDATE manifests SET content = CAST('{}' AS BLOB)"),
  },
  {
    name: "a manifest of nothing",
    kinds: ["manifest-unused"],
    damage: (world) => sql(world, "DELETE FROM image_manifests"),
  },
  {
    name: "a writable layer of no container",
    kinds: ["snapshot-abandoned"],
    damage: (world) => {
      sql(world, `INSERT INTO snapshots VALUES ('${NOBODY}', NULL, 0, 'overlay', NULL)`);
      mkdirSync(join(world.root, "containers", NOBODY));
    },
  },
  {
    name: "a container without a writable layer",
    kinds: ["snapshot-missing"],
    stays: true,
    damage: (world) => sql(world, "DELETE FROM snapshots"),
  },
  {
    name: "a container's missing layers",
    kinds: ["snapshot-layers-missing"],
    stays: true,
    damage: (world) => sql(world, `UPDATE snapshots SET chain_id = '${NONE}'`),
  },
  {
    name: "a container's missing directories",
    kinds: ["container-files-missing"],
    damage: (world) => {
      const { upper, work } = world.store.snapshots.directoriesOf(CONTAINER);
      for (const path of [upper, work]) rmSync(path, { recursive: true });
    },
  },
  {
    name: "a directory of no container",
    kinds: ["container-orphaned"],
    damage: (world) => mkdirSync(join(world.root, "containers", NOBODY)),
  },
  {
    name: "a volume's missing directory",
    kinds: ["volume-missing"],
    damage: (world) => rmSync(join(world.root, "volumes/vol"), { recursive: true }),
  },
  {
    name: "a volume that is not known",
    kinds: ["volume-orphaned"],
    damage: (world) => mkdirSync(join(world.root, "volumes/other/_data"), { recursive: true }),
  },
  {
    name: "something that was left half done",
    kinds: ["temporary-left"],
    damage: (world) => mkdirSync(join(world.root, "tmp/trash-1-1/x"), { recursive: true }),
  },
];
