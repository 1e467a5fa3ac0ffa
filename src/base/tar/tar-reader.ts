import { PieceFeed } from "./piece-feed.ts";
import {
  BLOCK,
  badArchive,
  paddingOf,
  shownName,
  type TarEntry,
  type TarKind,
} from "./tar-entry.ts";
import { decodeHeader, isZeroBlock, type TarHeader } from "./tar-header.ts";
import { mergeEntry, type Overrides } from "./tar-merge.ts";
import { type PaxRecord, parsePax, paxNumber } from "./tar-pax.ts";
import {
  checkCount,
  checkSegments,
  gnuExtensionMap,
  gnuHeaderMap,
  gnuRealSize,
  type MapPart,
  paxSparse,
  type Segment,
  SparseMapReader,
} from "./tar-sparse.ts";

/**
 * Receives what an archive holds, in its order: begin(), then for a file its data() in pieces that
 * come in order, then end(). The calls are synchronous, so that the bytes need no copy: they are the
 * receiver's only during the call.
 */
export interface TarSink {
  begin(entry: TarEntry): void;
  data(bytes: Uint8Array, offset: number): void;
  end(): void;
  /** All other bytes: with those that data() gets, in the order of the calls, they are the archive. */
  other?(bytes: Uint8Array): void;
}

// Far above what programs write (an attribute has at most 64 KiB), far below what would hurt.
const MAX_META_BYTES = 1 << 20;

const KINDS: Readonly<Record<string, TarKind>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  S: "file",
  "1": "link",
  "2": "symlink",
  "3": "character",
  "4": "block",
  "5": "directory",
  "6": "fifo",
};

const NOTHING_PENDING: Overrides = { pax: [] };

/**
 * Reads a tar that is fed to it in pieces of any size: ustar, PAX, GNU and the older forms. All that a
 * hostile archive can say is checked, or has a limit, before it is acted on.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #feed: PieceFeed;
  #pending = NOTHING_PENDING;
  #isBetweenFiles = true;
  #hasZeroBlock = false;

  constructor(sink: TarSink) {
    this.#sink = sink;
    this.#feed = new PieceFeed((bytes) => sink.other?.(bytes));
    this.#wantHeader();
  }

  /** Reads on. What comes after the archive's end mark is ignored, as all programs do. */
  feed(chunk: Uint8Array): void {
    this.#feed.feed(chunk);
  }

  /**
   * To be called when there are no more bytes. An archive without an end mark is one that was cut
   * off, and is refused unless a digest says that it is whole.
   */
  finish({ endMark }: { readonly endMark: "required" | "optional" }): void {
    const isBetween = this.#isBetweenFiles && this.#feed.isAtStart;
    if (isBetween && (this.#hasZeroBlock || endMark === "optional")) return;
    throw badArchive(`it was cut off after ${this.#feed.position} bytes`);
  }

  #wantHeader(): void {
    this.#isBetweenFiles = true;
    this.#feed.wantWhole(BLOCK, (block) => this.#onHeader(block));
  }

  #skip(size: number): void {
    this.#feed.skip(size, () => this.#wantHeader());
  }

  #onHeader(block: Buffer): void {
    if (isZeroBlock(block)) {
      this.#onZeroBlock();
      return;
    }
    if (this.#hasZeroBlock) throw badArchive("it goes on after a part of its end mark");
    this.#isBetweenFiles = false;
    const header = decodeHeader(block, this.#feed.position - BLOCK);
    switch (header.typeFlag) {
      case "x":
        this.#wantMeta(header, (bytes) => ({ pax: parsePax(bytes) }));
        return;
      case "L":
        this.#wantMeta(header, (bytes) => ({ longName: untilNul(bytes) }));
        return;
      case "K":
        this.#wantMeta(header, (bytes) => ({ longLink: untilNul(bytes) }));
        return;
      case "g":
      case "V":
        // Defaults for all files (nothing in images is said there) and a volume's name.
        this.#skip(header.size + paddingOf(header.size));
        return;
      default:
        this.#onFile(header, block);
    }
  }

  #onZeroBlock(): void {
    if (this.#pending !== NOTHING_PENDING) throw badArchive("it ends after a PAX or GNU header");
    if (this.#hasZeroBlock) this.#feed.stop();
    this.#hasZeroBlock = true;
  }

  #wantMeta({ size }: TarHeader, read: (bytes: Buffer) => Partial<Overrides>): void {
    if (size > MAX_META_BYTES) throw badArchive(`a PAX or GNU header has ${size} bytes`);
    const take = (piece: Buffer) => {
      this.#pending = { ...this.#pending, ...read(piece.subarray(0, size)) };
      this.#wantHeader();
      this.#isBetweenFiles = false;
    };
    if (size === 0) take(Buffer.alloc(0));
    else this.#feed.wantWhole(size + paddingOf(size), take);
  }

  #onFile(header: TarHeader, block: Buffer): void {
    const pending = this.#pending;
    this.#pending = NOTHING_PENDING;
    const kind = kindOf(header, pending);
    const sparse = kind === "file" ? paxSparse(pending.pax) : undefined;
    const storedBytes = kind === "file" ? storedSize(header, pending.pax) : 0;
    const size = header.typeFlag === "S" ? gnuRealSize(block) : (sparse?.size ?? storedBytes);
    const entry = mergeEntry({ ...header, size }, kind, {
      ...pending,
      ...(sparse?.name === undefined ? {} : { longName: sparse.name }),
    });

    if (header.typeFlag === "S") this.#onGnuSparse(entry, storedBytes, gnuHeaderMap(block));
    else if (sparse === undefined) this.#onPlainContent(entry);
    else if (sparse.segments === undefined) this.#onMapFirst(entry, storedBytes);
    else this.#onSparseContent(entry, storedBytes, sparse.segments);
  }

  /** GNU's old form: as many blocks of the map as there are, then the content. */
  #onGnuSparse(entry: TarEntry, storedBytes: number, first: MapPart): void {
    const segments = [...first.segments];
    if (!first.hasMore) {
      this.#onSparseContent(entry, storedBytes, segments);
      return;
    }
    this.#feed.wantWhole(BLOCK, (block) => {
      const next = gnuExtensionMap(block);
      segments.push(...next.segments);
      checkCount(segments.length);
      if (!next.hasMore) this.#onSparseContent(entry, storedBytes, segments);
    });
  }

  /** GNU's format 1.0: the map is the first part of the content. */
  #onMapFirst(entry: TarEntry, storedBytes: number): void {
    const map = new SparseMapReader();
    let left = storedBytes;
    const takeBlock = (block: Buffer) => {
      left -= BLOCK;
      const segments = map.take(block);
      if (segments !== undefined) this.#onSparseContent(entry, left, segments);
      else if (left < BLOCK) throw badArchive(`the map of ${shownName(entry.name)} does not end`);
    };
    if (left < BLOCK) throw badArchive(`${shownName(entry.name)} has no map`);
    this.#feed.wantWhole(BLOCK, takeBlock);
  }

  #onPlainContent(entry: TarEntry): void {
    this.#content(entry, entry.size, (bytes, done) => this.#sink.data(bytes, done));
  }

  #onSparseContent(entry: TarEntry, storedBytes: number, segments: readonly Segment[]): void {
    checkSegments(segments, entry.size, storedBytes);
    const emit = sparseEmitter(segments, (bytes, offset) => this.#sink.data(bytes, offset));
    this.#content(entry, storedBytes, emit);
  }

  #content(entry: TarEntry, size: number, emit: (bytes: Buffer, done: number) => void): void {
    this.#sink.begin(entry);
    let done = 0;
    const pass = (bytes: Buffer) => {
      emit(bytes, done);
      done += bytes.length;
    };
    this.#feed.wantStretch(size, pass, () => {
      this.#sink.end();
      // Some programs leave the last padding out together with the end mark.
      this.#isBetweenFiles = true;
      this.#skip(paddingOf(size));
    });
  }
}

function kindOf({ typeFlag, name }: TarHeader, { longName }: Overrides): TarKind {
  const kind = KINDS[typeFlag];
  if (kind === undefined) {
    throw badArchive(`${shownName(longName ?? name)} is of type ${JSON.stringify(typeFlag)}`);
  }
  // The oldest tars have no type for a directory, only its name.
  return typeFlag === "\0" && name.endsWith("/") ? "directory" : kind;
}

function storedSize({ size }: TarHeader, pax: readonly PaxRecord[]): number {
  const record = pax.findLast(([key]) => key === "size");
  return record === undefined ? size : paxNumber("size", record[1]);
}

/** Puts stored bytes, which have no holes, to their places in the file. */
function sparseEmitter(
  segments: readonly Segment[],
  emit: (bytes: Buffer, offset: number) => void,
): (bytes: Buffer) => void {
  let index = 0;
  let used = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const { offset, length } = segments[index] ?? { offset: 0, length: 0 };
      const taken = Math.min(length - used, bytes.length - at);
      if (taken > 0) emit(bytes.subarray(at, at + taken), offset + used);
      at += taken;
      used += taken;
      if (used === length) {
        index += 1;
        used = 0;
      }
    }
  };
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("latin1", 0, end < 0 ? bytes.length : end);
}
