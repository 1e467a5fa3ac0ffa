import type { CommitRequest } from "./commit-facade.ts";

/** What the API asks of the files of containers. `ref` as in `Containers`. */
export interface Files {
  /** A link at the path's end is followed only where a slash comes after it. */
  stat(ref: string, path: string): Promise<PathStat>;
  /** Checks first; then an archive comes of what is there, with names from the path's last part on. */
  read(ref: string, path: string): Promise<ArchivedPath>;
  /** Unpacks an archive, which may be compressed, into a directory that is there. */
  write(ref: string, target: WriteTarget, archive: AsyncIterable<Uint8Array>): Promise<void>;
  /** What the container has made another than its image has it, in the order of the paths. */
  changes(ref: string): Promise<readonly FileChange[]>;
  /** Checks first; then an archive comes of the whole root, without what is mounted in it. */
  export(ref: string): Promise<AsyncIterable<Uint8Array>>;
  /** Makes an image of a container as it is, and returns its id. */
  commit(ref: string, request: CommitRequest): Promise<string>;
}

export interface PathStat {
  /** What the path calls it: its last part, `.` or `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** As stat(2) has it, with the bits of the type. */
  readonly mode: number;
  readonly modifiedNs: bigint;
  /** What a link leads to in the end; else empty. */
  readonly linkTarget: string;
}

export interface ArchivedPath {
  readonly stat: PathStat;
  readonly archive: AsyncIterable<Uint8Array>;
}

export interface WriteTarget {
  /** Of a directory. */
  readonly path: string;
  /** No directory is replaced by something else, nor something else by a directory. */
  readonly keepsKinds: boolean;
  /** All of it becomes the container's user's, where it has one. */
  readonly takesUser: boolean;
}

export interface FileChange {
  readonly kind: "modified" | "added" | "deleted";
  /** Absolute. */
  readonly path: string;
}
