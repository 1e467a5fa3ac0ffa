import { mkdtempSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./run-program.ts";

const FILLER = "filler";

/** A file system of its own with little room: a loop device's, as overlays need more than a tmpfs has. */
export class SmallDisk implements Disposable {
  readonly path = mkdtempSync("/var/tmp/st-disk-");
  readonly #image: string;

  private constructor() {
    this.#image = `${this.path}.img`;
  }

  /** Makes and mounts one of so many megabytes. */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const disk = new SmallDisk();
    await mustRun(["truncate", "-s", `${megabytes}M`, disk.#image]);
    await mustRun(["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", disk.#image]);
    await mustRun(["mount", "-o", "loop", disk.#image, disk.path]);
    return disk;
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
      .filter((path) => !/^(sampan\.db.*|filler|lock)$/.test(path))
      .sort();
  }

  [Symbol.dispose](): void {
    Bun.spawnSync(["umount", this.path]);
    rmSync(this.#image, { force: true });
    rmdirSync(this.path);
  }
}
