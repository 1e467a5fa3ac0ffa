/** How far a file is. */
export interface Growth {
  readonly sizeBytes: number;
  readonly isComplete: boolean;
  /** Why it will never be complete. */
  readonly failure?: unknown;
}

/** A file that one side writes while others read what is there already. */
export class GrowingFile {
  readonly path: string;
  #growth: Growth = { sizeBytes: 0, isComplete: false };
  readonly #watchers = new Set<(growth: Growth) => void>();

  constructor(path: string) {
    this.path = path;
  }

  get growth(): Growth {
    return this.#growth;
  }

  /** So many bytes are there now; they do not change any more. */
  grow(sizeBytes: number): void {
    this.#tell({ sizeBytes, isComplete: false });
  }

  complete(): void {
    this.#tell({ sizeBytes: this.#growth.sizeBytes, isComplete: true });
  }

  fail(failure: unknown): void {
    if (!this.#growth.isComplete) this.#tell({ ...this.#growth, failure });
  }

  /** Calls back at once with how far it is, and at each change. */
  watch(watcher: (growth: Growth) => void): Disposable {
    this.#watchers.add(watcher);
    watcher(this.#growth);
    return { [Symbol.dispose]: () => this.#watchers.delete(watcher) };
  }

  #tell(growth: Growth): void {
    this.#growth = growth;
    for (const watcher of this.#watchers) watcher(growth);
  }
}
