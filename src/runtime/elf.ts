// What an ELF file says of the files that it needs to run. elf(5)

import { readSync } from "node:fs";

/** What a program or library names. */
export interface ElfNeeds {
  /** The dynamic loader; a library and a static program have none. */
  readonly interpreter: string | undefined;
  readonly libraries: readonly string[];
  /** Directories to look in, as they are written; `$ORIGIN` is the file's own. */
  readonly searchPaths: readonly string[];
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const HEAD_BYTES = 64;
const SEGMENT_BYTES = 56;
const MAX_SEGMENTS = 64;
/** No dynamic section or table of names is ever near it. */
const MAX_TABLE_BYTES = 16 * 1024 * 1024;

const PT = { load: 1, dynamic: 2, interpreter: 3 } as const;
const DT = { end: 0, needed: 1, names: 5, namesSize: 10, rpath: 15, runpath: 29 } as const;

/** Reads a 64-bit little-endian file; undefined where it is something else. */
export function readElf(fd: number): ElfNeeds | undefined {
  const head = readAt(fd, 0, HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  if (head[4] !== 2 || head[5] !== 1 || head.readUInt16LE(54) !== SEGMENT_BYTES) return undefined;
  const count = Math.min(head.readUInt16LE(56), MAX_SEGMENTS);
  const table = readAt(fd, Number(head.readBigUInt64LE(32)), count * SEGMENT_BYTES);
  const segments = Array.from(
    { length: Math.floor(table.byteLength / SEGMENT_BYTES) },
    (_, index) => parseSegment(table.subarray(index * SEGMENT_BYTES)),
  );
  const found = segments.find(({ type }) => type === PT.interpreter);
  return {
    interpreter: found === undefined ? undefined : textAt(readSegment(fd, found), 0),
    ...readDynamic(fd, segments),
  };
}

function parseSegment(bytes: Buffer): Segment {
  return {
    type: bytes.readUInt32LE(0),
    offset: Number(bytes.readBigUInt64LE(8)),
    address: Number(bytes.readBigUInt64LE(16)),
    size: Number(bytes.readBigUInt64LE(32)),
  };
}

function readDynamic(
  fd: number,
  segments: readonly Segment[],
): Pick<ElfNeeds, "libraries" | "searchPaths"> {
  const dynamic = segments.find(({ type }) => type === PT.dynamic);
  if (dynamic === undefined) return { libraries: [], searchPaths: [] };
  const entries = parseEntries(readSegment(fd, dynamic));
  const find = (wanted: number) => entries.find(([tag]) => tag === wanted)?.[1];
  const names = readNames(fd, segments, {
    address: find(DT.names) ?? 0,
    size: find(DT.namesSize) ?? 0,
  });
  const textsOf = (wanted: number) =>
    entries.filter(([tag]) => tag === wanted).map(([, at]) => textAt(names, at));
  const [paths = ""] = [...textsOf(DT.runpath), ...textsOf(DT.rpath)];
  return { libraries: textsOf(DT.needed), searchPaths: paths.split(":").filter(Boolean) };
}

type Entry = readonly [tag: number, value: number];

function parseEntries(bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 16 <= bytes.byteLength; at += 16) {
    const tag = Number(bytes.readBigUInt64LE(at));
    if (tag === DT.end) break;
    entries.push([tag, Number(bytes.readBigUInt64LE(at + 8))]);
  }
  return entries;
}

/** The table is named by its address in memory. */
function readNames(
  fd: number,
  segments: readonly Segment[],
  { address, size }: { readonly address: number; readonly size: number },
): Buffer {
  const home = segments.find(
    (segment) =>
      segment.type === PT.load &&
      address >= segment.address &&
      address < segment.address + segment.size,
  );
  if (home === undefined) return Buffer.alloc(0);
  return readAt(fd, home.offset + address - home.address, size);
}

function readSegment(fd: number, { offset, size }: Segment): Buffer {
  return readAt(fd, offset, size);
}

function readAt(fd: number, position: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.min(size, MAX_TABLE_BYTES));
  if (!Number.isSafeInteger(position)) return Buffer.alloc(0);
  return bytes.subarray(0, readSync(fd, bytes, 0, bytes.byteLength, position));
}

function textAt(bytes: Buffer, at: number): string {
  if (at >= bytes.byteLength) return "";
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, end < 0 ? bytes.byteLength : end);
}
