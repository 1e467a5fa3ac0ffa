import { existsSync, rmSync, writeFileSync } from "node:fs";
import { hasCode } from "./disk-error.ts";

// What a transaction makes the database's log grow by is some pages.
const RESERVE_BYTES = 256 << 10;

/**
 * A file of no content that holds some room on the disk: when there is no more, it goes, so that the
 * database can note what happened, and above all what was removed.
 */
export class DiskReserve {
  readonly #path: string;
  #isHeld = false;

  constructor(path: string) {
    this.#path = path;
    this.hold();
  }

  /** Takes the room, if there is any and it is not taken already. */
  hold(): void {
    if (this.#isHeld) return;
    try {
      if (!existsSync(this.#path)) writeFileSync(this.#path, new Uint8Array(RESERVE_BYTES));
      this.#isHeld = true;
    } catch (cause) {
      if (!hasCode(cause, ["ENOSPC", "EDQUOT"])) throw cause;
      rmSync(this.#path, { force: true });
    }
  }

  /** Gives the room to others. False: there was none held. */
  release(): boolean {
    if (!this.#isHeld) return false;
    rmSync(this.#path, { force: true });
    this.#isHeld = false;
    return true;
  }
}
