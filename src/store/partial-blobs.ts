import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, hexOf, parseDigest } from "../oci/digest.ts";
import { Holds } from "./holds.ts";

// A pull that is tried again comes soon; what lies here longer is only in the way.
const MAX_AGE_MS = 24 * 60 * 60 * 1000;

/** A download that was not finished. */
export interface PartialBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * Downloads that can be taken up again where they ended, also by a later daemon. Nothing says yet that
 * their bytes are right.
 */
export class PartialBlobs {
  readonly directory: string;
  readonly #holds = new Holds<Digest>(() => {});

  constructor(dataRoot: string) {
    this.directory = join(dataRoot, "blobs", "partial");
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  pathOf(digest: Digest): string {
    return join(this.directory, hexOf(digest));
  }

  /** Says that somebody works on it: it is left alone until it is let go. */
  hold(digest: Digest): Disposable {
    return this.#holds.hold(digest);
  }

  isHeld(digest: Digest): boolean {
    return this.#holds.has(digest);
  }

  /** How many bytes of it are there. */
  sizeOf(digest: Digest): number {
    return lstatSync(this.pathOf(digest), { throwIfNoEntry: false })?.size ?? 0;
  }

  list(): readonly PartialBlob[] {
    return this.#names().flatMap((hex) => {
      const digest = parseDigest(`sha256:${hex}`);
      const status = lstatSync(this.pathOf(digest), { throwIfNoEntry: false });
      if (status === undefined) return [];
      return [{ digest, sizeBytes: status.size, modifiedMs: status.mtimeMs }];
    });
  }

  /** No error where it is gone already. */
  remove(digest: Digest): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** Removes those that nobody works on; returns how many bytes they had. */
  removeIdle(): number {
    const idle = this.list().filter(({ digest }) => !this.isHeld(digest));
    for (const { digest } of idle) this.remove(digest);
    return idle.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Removes what nobody will come back for. To be called before there are downloads. */
  sweep(nowMs = Date.now()): void {
    for (const name of readdirSync(this.directory)) {
      const path = join(this.directory, name);
      const isOld = nowMs - lstatSync(path).mtimeMs > MAX_AGE_MS;
      if (isOld || !/^[0-9a-f]{64}$/.test(name)) rmSync(path, { recursive: true, force: true });
    }
  }

  #names(): readonly string[] {
    return readdirSync(this.directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
  }
}
