import { BLOCK, badArchive } from "./tar-entry.ts";

/** A header block as it stands, before what other headers say of the same file. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of the bytes that follow. */
  readonly size: number;
  readonly mtime: bigint;
  readonly typeFlag: string;
  readonly linkName: string;
  readonly device: { readonly major: number; readonly minor: number };
  readonly isGnu: boolean;
}

type Field = readonly [start: number, length: number];

/** Where ustar has its fields. The writer uses the same. */
export const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeFlag: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
  prefix: [345, 155],
} as const satisfies Record<string, Field>;

/** Where star has the mark that makes its prefix shorter. */
const STAR_MARK: Field = [508, 4];
const STAR_PREFIX: Field = [345, 131];

export function isZeroBlock(block: Buffer): boolean {
  // Almost every header begins with a name, so this looks further only at the archive's end.
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Reads a block of 512 bytes; `at` is its place in the archive, for the error. */
export function decodeHeader(block: Buffer, at: number): TarHeader {
  if (!isChecksumRight(block)) {
    throw badArchive(`there is no tar header at byte ${at} (its checksum is wrong)`);
  }
  const magic = textField(block, FIELD.magic, false);
  const isGnu = magic === "ustar  \0";
  return {
    name: fullName(block, magic),
    mode: numberField(block, FIELD.mode, "mode"),
    uid: numberField(block, FIELD.uid, "user id"),
    gid: numberField(block, FIELD.gid, "group id"),
    size: numberField(block, FIELD.size, "size"),
    mtime: decodeNumber(block, FIELD.mtime, "time"),
    typeFlag: String.fromCharCode(block[FIELD.typeFlag[0]] ?? 0),
    linkName: textField(block, FIELD.linkName),
    device: deviceOf(block, magic),
    isGnu,
  };
}

/** Bytes up to the first NUL, as latin1. */
function textField(block: Buffer, [start, length]: Field, cut = true): string {
  const text = block.toString("latin1", start, start + length);
  const end = cut ? text.indexOf("\0") : -1;
  return end < 0 ? text : text.slice(0, end);
}

function fullName(block: Buffer, magic: string): string {
  const name = textField(block, FIELD.name);
  if (!magic.startsWith("ustar\0")) return name;
  const isStar = textField(block, STAR_MARK, false) === "tar\0";
  const prefix = textField(block, isStar ? STAR_PREFIX : FIELD.prefix);
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** The oldest form of tar has something else, or nothing, in these fields. */
function deviceOf(block: Buffer, magic: string): TarHeader["device"] {
  if (!magic.startsWith("ustar")) return { major: 0, minor: 0 };
  return {
    major: numberField(block, FIELD.deviceMajor, "device number"),
    minor: numberField(block, FIELD.deviceMinor, "device number"),
  };
}

/** A field that must be a number of a size that is exact here. */
export function numberField(block: Buffer, field: Field, what: string): number {
  const value = decodeNumber(block, field, what);
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw badArchive(`a header has the ${what} ${value}`);
}

/** Octal digits, or with the first bit set GNU's binary form, which is how big and negative ones are written. */
function decodeNumber(block: Buffer, [start, length]: Field, what: string): bigint {
  const first = block[start] ?? 0;
  if (first >= 0x80) return decodeBinary(block.subarray(start, start + length));

  const text = block
    .toString("latin1", start, start + length)
    .replace(/^[ \0]+/, "")
    .replace(/[ \0].*$/s, "");
  if (/^[0-7]*$/.test(text)) return BigInt(Number.parseInt(text || "0", 8));
  throw badArchive(`a header has the ${what} ${JSON.stringify(text)}, which is no octal number`);
}

/** Two's complement in all bits but the first, which is the mark of this form. */
function decodeBinary(bytes: Buffer): bigint {
  const bits = bytes.length * 8 - 1;
  const value = BigInt(`0x${bytes.toString("hex")}`) & ((1n << BigInt(bits)) - 1n);
  return BigInt.asIntN(bits, value);
}

/** The sum is of all bytes with the sum's own field as spaces. Some old programs added signed bytes. */
function isChecksumRight(block: Buffer): boolean {
  const [start, length] = FIELD.checksum;
  let unsigned = 0x20 * length;
  let signed = unsigned;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= start && i < start + length) continue;
    const byte = block[i] ?? 0;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const stored = Number.parseInt(textField(block, FIELD.checksum).trim(), 8);
  return stored === unsigned || stored === signed;
}

/** The same sum for a header that is being written. */
export function checksumOf(block: Buffer): number {
  const [start, length] = FIELD.checksum;
  let sum = 0x20 * length;
  for (const [i, byte] of block.entries()) {
    if (i < start || i >= start + length) sum += byte;
  }
  return sum;
}
