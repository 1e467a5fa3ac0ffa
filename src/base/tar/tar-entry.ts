import { EngineError } from "../errors.ts";

export type TarKind = "file" | "link" | "symlink" | "character" | "block" | "directory" | "fifo";

/** One file of an archive. Names are bytes, held as latin1 strings: they need not be UTF-8. */
export interface TarEntry {
  readonly kind: TarKind;
  /** As the archive has it: it may be absolute, and may have `..` in it. */
  readonly name: string;
  /** What a link points to; else empty. */
  readonly linkName: string;
  /** Permissions, with set-user-id, set-group-id and the sticky bit. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file's content as it reads, holes included; 0 for all other kinds. */
  readonly size: number;
  /** Since the epoch; can be negative. */
  readonly mtimeNs: bigint;
  readonly device: { readonly major: number; readonly minor: number };
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/** Blocks are what a tar is made of. */
export const BLOCK = 512;

/** The kinds, by the letter that a header has for them. */
export const TYPE_FLAG = {
  file: "0",
  link: "1",
  symlink: "2",
  character: "3",
  block: "4",
  directory: "5",
  fifo: "6",
} as const satisfies Record<TarKind, string>;

/** How many bytes fill up the last block of `size` bytes. */
export function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** The error for an archive that cannot be what its sender meant. */
export function badArchive(reason: string, cause?: unknown): EngineError {
  return new EngineError("invalid", `Cannot read the archive: ${reason}`, { cause });
}

/** A latin1 name for people to read. */
export function shownName(name: string): string {
  return JSON.stringify(Buffer.from(name, "latin1").toString());
}
