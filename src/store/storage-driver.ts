// How containers' root file systems are made: as overlays, or as copies where the kernel makes no
// overlay. Which one is found out by trying, because what a file system can is not in its name.

import { mkdirSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { listAt, makeDirectoryAt, removeDirectoryAt, unlinkAt } from "../linux/at.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { makeMount } from "../linux/mount.ts";
import { SysError } from "../linux/syscall.ts";
import { explainDisk } from "./disk-error.ts";
import type { SettingTable } from "./settings.ts";
import { temporaryPath } from "./staging.ts";
import type { Trash } from "./trash.ts";

/** How a root file system is made. */
export type StorageDriver = "overlay" | "copy";

/** The driver of new containers, and why it is that. */
export interface StorageChoice {
  readonly driver: StorageDriver;
  /** The file system of the data root, as Docker calls it. */
  readonly backing: string;
  /** Why there is no overlay, where one was not asked to do without. */
  readonly obstacle?: string;
}

const NAMES: ReadonlyMap<number, string> = new Map([
  [0xef53, "extfs"],
  [0x5846_5342, "xfs"],
  [0x9123_683e, "btrfs"],
  [0x0102_1994, "tmpfs"],
  [0x794c_7630, "overlayfs"],
  [0x6969, "nfs"],
  [0x6573_5546, "fuse"],
  [0xf2f5_2010, "f2fs"],
  [0x2fc1_2fc1, "zfs"],
]);

/** What a choice is made with. */
export interface StorageInputs {
  readonly dataRoot: string;
  /** Undefined: the best that works. */
  readonly asked: StorageDriver | undefined;
  readonly settings: SettingTable;
  readonly trash: Trash;
}

/** Chooses the driver for a data root. */
export function chooseStorageDriver(inputs: StorageInputs): StorageChoice {
  const { dataRoot, asked } = inputs;
  const { type } = statfsSync(dataRoot);
  const backing = NAMES.get(type) ?? `0x${type.toString(16)}`;
  if (asked === "copy") return { driver: "copy", backing };
  const obstacle = recallObstacle(inputs, `${release()} ${type} ${statSync(dataRoot).dev}`);
  if (obstacle === "") return { driver: "overlay", backing };
  if (asked === undefined) return { driver: "copy", backing, obstacle };
  const message = `Cannot use the storage driver "overlay" in "${dataRoot}", which is on ${backing}: ${obstacle}`;
  throw new EngineError("invalid", `${message}; use --storage-driver=copy, or another data root`);
}

const SETTING = "overlay-trial";

/** The trial takes some milliseconds of a start: it is made once on each kernel and file system. */
function recallObstacle({ dataRoot, settings, trash }: StorageInputs, where: string): string {
  const [triedWhere, known] = settings.find(SETTING)?.split("\n") ?? [];
  if (triedWhere === where && known !== undefined) return known;
  const obstacle = findOverlayObstacle(dataRoot, trash) ?? "";
  settings.set(SETTING, `${where}\n${obstacle}`);
  return obstacle;
}

/** Does in a small overlay what containers do in theirs; undefined: it works. */
function findOverlayObstacle(dataRoot: string, trash: Trash): string | undefined {
  const home = temporaryPath(dataRoot);
  try {
    makeTrial(home);
    return tryOverlay(home);
  } finally {
    trash.throwAway(home);
  }
}

function makeTrial(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    for (const name of ["upper", "work", "lower", "lower/again"]) mkdirSync(join(home, name));
    for (const name of ["lower/gone", "lower/again/old"]) writeFileSync(join(home, name), "");
  } catch (cause) {
    throw explainDisk(cause, "Cannot try out what the file system of the data root can do");
  }
}

// By them an overlay knows its own marks. overlayfs.rst, "upper and lower"
const NO_TYPES =
  "removed files would still be listed, as its directories do not tell the types of files (xfs made without ftype=1)";

function tryOverlay(home: string): string | undefined {
  try {
    using overlay = mountTrial(home);
    const top = overlay.number;
    unlinkAt(top, "gone");
    if (listIn(top, ".").includes("gone")) return NO_TYPES;
    unlinkAt(top, "again/old");
    removeDirectoryAt(top, "again");
    makeDirectoryAt(top, "again", 0o700);
    if (listIn(top, "again").length > 0) return "what was removed comes back";
    return undefined;
  } catch (cause) {
    if (!(cause instanceof SysError)) throw cause;
    return `the kernel makes no overlay there (${cause.message})`;
  }
}

/** By descriptors' paths, which have no characters that an option could not have. */
function mountTrial(home: string): Descriptor {
  using open = new DisposableStack();
  const pathOf = (name: string) =>
    open.use(openFile(join(home, name), OPEN.PATH | OPEN.DIRECTORY)).path;
  return makeMount("overlay", [
    ["source", "overlay"],
    ["lowerdir", pathOf("lower")],
    ["upperdir", pathOf("upper")],
    ["workdir", pathOf("work")],
    // Else its end would wait for the disk.
    ["volatile"],
  ]);
}

function listIn(top: number, name: string): readonly string[] {
  const how = { flags: OPEN.RDONLY | OPEN.DIRECTORY, resolve: RESOLVE.BENEATH };
  using directory = new Descriptor(openBeneath(top, name, how));
  return listAt(directory.number);
}
