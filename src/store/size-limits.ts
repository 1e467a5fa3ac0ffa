import { EngineError } from "../base/errors.ts";
import {
  holdsProjectQuotas,
  isUnusedProject,
  limitProject,
  setProject,
} from "../linux/project-quota.ts";

// Far from what people number by hand, in /etc/projects or with xfs_quota.
const FIRST_PROJECT = 0x5a00_0000;
const PROJECTS = 1 << 20;

/** Limits on the size of directories of a data root, by the project quotas of its file system. */
export class SizeLimits {
  readonly #dataRoot: string;
  #isSupported: boolean | undefined;

  constructor(dataRoot: string) {
    this.#dataRoot = dataRoot;
  }

  /** Whether the file system holds limits. */
  isSupported(): boolean {
    this.#isSupported ??= holdsProjectQuotas(this.#dataRoot);
    return this.#isSupported;
  }

  /** Throws where the file system holds no limits. */
  check(): void {
    if (this.isSupported()) return;
    throw new EngineError(
      "invalid",
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option, or over " +
        "ext4 with the 'project' and 'quota' features and the 'prjquota' mount option",
    );
  }

  /** A project that nobody uses, neither this store nor others on the same file system. */
  findProject(isTaken: (project: number) => boolean): number {
    for (let project = FIRST_PROJECT; project < FIRST_PROJECT + PROJECTS; project++) {
      if (!isTaken(project) && isUnusedProject(this.#dataRoot, project)) return project;
    }
    throw new EngineError(
      "unavailable",
      `Cannot limit the size of another container: all ${PROJECTS} projects are in use`,
    );
  }

  /** Limits what empty directories will hold together. */
  apply(project: number, { bytes, directories }: SizeLimit): void {
    limitProject(this.#dataRoot, { project, bytes });
    for (const directory of directories) this.join(project, directory);
  }

  /** Counts what an empty directory will hold as the project's too. */
  join(project: number, directory: string): void {
    setProject(directory, project);
  }

  /** Takes a project's limit back. */
  clear(project: number): void {
    limitProject(this.#dataRoot, { project, bytes: 0 });
  }
}

/** How much may be in which directories. */
export interface SizeLimit {
  readonly bytes: number;
  readonly directories: readonly string[];
}
