import { ftruncateSync, writeSync } from "node:fs";
import type { TarEntry } from "../base/tar/tar-entry.ts";
import { explainEntry } from "./explain-entry.ts";

/** The file of an archive's entry while its content comes. */
export interface EntryFile {
  readonly fd: number;
  readonly entry: TarEntry;
  /** Behind the last byte that was written. */
  end: number;
}

/** Writes a piece of the content where it belongs, also where the kernel takes it in parts. */
export function writeContent(file: EntryFile, bytes: Uint8Array, offset: number): void {
  try {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
    }
  } catch (cause) {
    throw explainEntry(cause, file.entry);
  }
  file.end = offset + bytes.length;
}

/** Gives the file its whole size: a hole at its end has no content that comes. */
export function endContent({ fd, entry, end }: EntryFile): void {
  if (end < entry.size) ftruncateSync(fd, entry.size);
}
