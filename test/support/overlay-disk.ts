import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./run-program.ts";

/** A directory that is itself on an overlay, as the root of a container is. */
export class OverlayDisk implements AsyncDisposable {
  readonly #home = mkdtempSync("/var/tmp/st-overlay-");
  readonly path = join(this.#home, "merged");

  static async mount(): Promise<OverlayDisk> {
    const disk = new OverlayDisk();
    const at = (name: string) => join(disk.#home, name);
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(at(name));
    const options = `lowerdir=${at("lower")},upperdir=${at("upper")},workdir=${at("work")}`;
    await mustRun(["mount", "-t", "overlay", "-o", options, "overlay", disk.path]);
    return disk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustRun(["umount", this.path]);
    rmSync(this.#home, { recursive: true });
  }
}
