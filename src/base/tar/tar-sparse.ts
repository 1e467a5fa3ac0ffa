import { BLOCK, badArchive } from "./tar-entry.ts";
import { numberField } from "./tar-header.ts";
import { type PaxRecord, paxNumber } from "./tar-pax.ts";

/** A stretch of a sparse file that has bytes; what is between stretches is a hole. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** What is known of a sparse file before its content comes. */
export interface SparseFile {
  /** Of the file, holes included. */
  readonly size: number;
  /** Undefined: the map stands before the content (GNU's format 1.0). */
  readonly segments: readonly Segment[] | undefined;
  readonly name: string | undefined;
}

// More holes than any file system writes for a file; a map of this size takes 16 MB.
const MAX_SEGMENTS = 1 << 20;
const ENTRY = 24;
const IN_HEADER = { start: 386, entries: 4, more: 482 } as const;
const IN_EXTENSION = { start: 0, entries: 21, more: 504 } as const;
const REAL_SIZE = [483, 12] as const;

/** Part of an old GNU map: its stretches, and whether another block of it follows. */
export interface MapPart {
  readonly segments: readonly Segment[];
  readonly hasMore: boolean;
}

export function gnuRealSize(header: Buffer): number {
  return numberField(header, REAL_SIZE, "size of a sparse file");
}

export function gnuHeaderMap(header: Buffer): MapPart {
  return decodeMap(header, IN_HEADER);
}

export function gnuExtensionMap(block: Buffer): MapPart {
  return decodeMap(block, IN_EXTENSION);
}

function decodeMap(
  block: Buffer,
  { start, entries, more }: typeof IN_HEADER | typeof IN_EXTENSION,
): MapPart {
  const segments: Segment[] = [];
  for (let at = start; at < start + entries * ENTRY && block[at] !== 0; at += ENTRY) {
    const offset = numberField(block, [at, 12], "offset in a sparse file");
    const length = numberField(block, [at + 12, 12], "length in a sparse file");
    segments.push({ offset, length });
  }
  return { segments, hasMore: block[more] !== 0 };
}

/** What PAX records say of a sparse file, in GNU's formats 0.0, 0.1 and 1.0; undefined: not sparse. */
export function paxSparse(records: readonly PaxRecord[]): SparseFile | undefined {
  const last = new Map(records);
  const size = last.get("GNU.sparse.realsize") ?? last.get("GNU.sparse.size");
  if (size === undefined) return undefined;

  const isOne = last.get("GNU.sparse.major") === "1";
  return {
    size: paxNumber("GNU.sparse.size", size),
    segments: isOne ? undefined : pairUp(paxMapNumbers(records, last.get("GNU.sparse.map"))),
    name: last.get("GNU.sparse.name"),
  };
}

/** Format 0.1 has one list in one record, 0.0 a record for each number. */
function paxMapNumbers(records: readonly PaxRecord[], list: string | undefined): number[] {
  const texts =
    list === undefined
      ? records
          .filter(([key]) => key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes")
          .map(([, value]) => value)
      : list.split(",").filter((text) => text !== "");
  return texts.map((text) => paxNumber("GNU.sparse.map", text));
}

function pairUp(numbers: readonly number[]): readonly Segment[] {
  if (numbers.length % 2 !== 0) throw badArchive("the map of a sparse file is broken");
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    offset: numbers[2 * i] ?? 0,
    length: numbers[2 * i + 1] ?? 0,
  }));
}

/** Reads the map of format 1.0, block by block: a count, then offsets and lengths, each on a line. */
export class SparseMapReader {
  #rest = "";
  readonly #numbers: number[] = [];

  /** Takes the next block. Returns the map when this was its last block. */
  take(block: Buffer): readonly Segment[] | undefined {
    const lines = `${this.#rest}${block.toString("latin1")}`.split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (this.#isWhole()) break;
      this.#numbers.push(paxNumber("map of a sparse file", line));
    }
    if (this.#isWhole()) return pairUp(this.#numbers.slice(1));
    if (this.#rest.length > BLOCK) throw badArchive("the map of a sparse file is broken");
    return undefined;
  }

  #isWhole(): boolean {
    const [count] = this.#numbers;
    if (count === undefined) return false;
    checkCount(count);
    return this.#numbers.length === 2 * count + 1;
  }
}

/** Refuses a map that has too many stretches to keep. */
export function checkCount(count: number): void {
  if (count > MAX_SEGMENTS) throw badArchive(`a sparse file has ${count} stretches of content`);
}

/** Refuses a map that is out of order, leaves the file, or is not for this many bytes of content. */
export function checkSegments(segments: readonly Segment[], size: number, stored: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of segments) {
    if (offset < end || offset + length > size) {
      throw badArchive("the map of a sparse file has stretches that overlap or leave the file");
    }
    end = offset + length;
    total += length;
  }
  if (total === stored) return;
  throw badArchive(`the map of a sparse file is for ${total} bytes, and ${stored} are stored`);
}
