import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of a test's own, removed at the end of its scope; `KEEP=1` leaves it to look at. */
export class TemporaryDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "sampan-test-"));

  [Symbol.dispose](): void {
    const { KEEP } = process.env;
    if (KEEP === undefined) rmSync(this.path, { recursive: true, force: true });
  }
}
