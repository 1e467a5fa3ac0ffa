import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./run-program.ts";

const FILLER = "filler";

/** How a file system is made and mounted. */
interface DiskKind {
  readonly type: string;
  /** Without it there is nothing to make. */
  readonly mkfs?: readonly string[];
  readonly options?: string;
  /** The smallest that its program makes. */
  readonly leastMegabytes: number;
}

const KINDS = {
  ext4: {
    type: "ext4",
    mkfs: ["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0"],
    leastMegabytes: 1,
  },
  "ext4 with project quotas": {
    type: "ext4",
    mkfs: ["mkfs.ext4", "-q", "-O", "quota,project", "-m", "0"],
    options: "prjquota",
    leastMegabytes: 1,
  },
  xfs: { type: "xfs", mkfs: ["mkfs.xfs", "-q"], leastMegabytes: 300 },
  "xfs with project quotas": {
    type: "xfs",
    mkfs: ["mkfs.xfs", "-q"],
    options: "pquota",
    leastMegabytes: 300,
  },
  "xfs without ftype": {
    type: "xfs",
    mkfs: ["mkfs.xfs", "-q", "-m", "crc=0", "-n", "ftype=0"],
    leastMegabytes: 300,
  },
  btrfs: { type: "btrfs", mkfs: ["mkfs.btrfs", "-q"], leastMegabytes: 128 },
  tmpfs: { type: "tmpfs", leastMegabytes: 1 },
} as const satisfies Readonly<Record<string, DiskKind>>;

/** One of the file systems that a test can have. */
export type DiskName = keyof typeof KINDS;

/** A file system of its own with little room: a loop device's, but for tmpfs. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync("/var/tmp/st-disk-");
  readonly #image: string;

  private constructor() {
    this.#image = `${this.path}.img`;
  }

  /** Makes and mounts one of so many megabytes, or of as many as its kind needs. */
  static async mount(megabytes: number, name: DiskName = "ext4"): Promise<SmallDisk> {
    using undo = new DisposableStack();
    const disk = undo.use(new SmallDisk());
    const kind: DiskKind = KINDS[name];
    const size = `${Math.max(megabytes, kind.leastMegabytes)}M`;
    if (kind.mkfs === undefined) {
      await mustRun(["mount", "-t", kind.type, "-o", `size=${size}`, "none", disk.path]);
    } else {
      const options = ["loop", ...(kind.options === undefined ? [] : [kind.options])].join();
      await mustRun(["truncate", "-s", size, disk.#image]);
      await mustRun([...kind.mkfs, disk.#image]);
      await mustRun(["mount", "-t", kind.type, "-o", options, disk.#image, disk.path]);
    }
    undo.move();
    return disk;
  }

  /** What of a kind this host lacks; undefined: it can mount one. */
  static async findMissing(name: DiskName): Promise<string | undefined> {
    const { type, mkfs }: DiskKind = KINDS[name];
    const [program = type] = mkfs ?? [];
    if (mkfs !== undefined && Bun.which(program) === null) return `there is no ${program}`;
    const known = readFileSync("/proc/filesystems", "utf8").split(/\s+/);
    if (!known.includes(type)) return `this kernel has no ${type}`;
    try {
      using _disk = await SmallDisk.mount(1, name);
      return undefined;
    } catch {
      return `this kernel mounts no ${name}`;
    }
  }

  /** Leaves no room for a byte. */
  fill(): void {
    // Smaller and smaller pieces, until the smallest finds no place.
    for (const size of ["1M", "4k"]) {
      Bun.spawnSync(["sh", "-c", `dd if=/dev/zero bs=${size} >> ${join(this.path, FILLER)}`], {
        stderr: "ignore",
      });
    }
  }

  /** Takes back what fill() took. */
  empty(): void {
    rmSync(join(this.path, FILLER));
  }

  /** What is on it, but for the database, which has files that come and go. */
  listFiles(): readonly string[] {
    return readdirSync(this.path, { recursive: true })
      .map(String)
      .filter((path) => !/^(sampan\.db.*|filler|lock|reserve)$/.test(path))
      .sort();
  }

  [Symbol.dispose](): void {
    // Nothing is mounted where making it has failed.
    Bun.spawnSync(["umount", this.path], { stderr: "ignore" });
    rmSync(this.#image, { force: true });
    rmdirSync(this.path);
  }
}
