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

const DIGIT_0 = 0x30;
const DIGIT_7 = 0x37;

/** Where star has the mark that makes its prefix shorter. */
const STAR_MARK: Field = [508, 4];
const STAR_PREFIX: Field = [345, 131];

export function isZeroBlock(block: Buffer): boolean {
  // Almost every header begins with a name, so this looks further only at the archive's end.
  return block[0] === 0 && block.every((byte) => byte === 0);
}

/** Reads a block of 512 bytes; `at` is its place in the archive, for the error. */
export function decodeHeader(block: Buffer, at: number): TarHeader {
  if (!isTarHeader(block)) {
    throw badArchive(`there is no tar header at byte ${at} (its checksum is wrong)`);
  }
  const magic = textAll(block, FIELD.magic);
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
function textField(block: Buffer, [start, length]: Field): string {
  const limit = start + length;
  let end = start;
  while (end < limit && block[end] !== 0) end++;
  return end === start ? "" : block.toString("latin1", start, end);
}

function fullName(block: Buffer, magic: string): string {
  const name = textField(block, FIELD.name);
  if (!magic.startsWith("ustar\0")) return name;
  const isStar = textAll(block, STAR_MARK) === "tar\0";
  const prefix = textField(block, isStar ? STAR_PREFIX : FIELD.prefix);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textAll(block: Buffer, [start, length]: Field): string {
  return block.toString("latin1", start, start + length);
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
  const plain = decodeOctal(block, field);
  if (plain !== undefined) return plain;
  const value = decodeNumber(block, field, what);
  if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw badArchive(`a header has the ${what} ${value}`);
}

/** Octal digits, as almost all fields have them, with spaces and NULs around; undefined for all else. */
function decodeOctal(block: Buffer, [start, length]: Field): number | undefined {
  const end = start + length;
  let at = start;
  while (at < end && isBlank(block[at])) at++;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (isBlank(byte)) return value;
    if (byte < DIGIT_0 || byte > DIGIT_7) return undefined;
    value = value * 8 + (byte - DIGIT_0);
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20;
}

/** Octal digits, or with the first bit set GNU's binary form, which is how big and negative ones are written. */
function decodeNumber(block: Buffer, field: Field, what: string): bigint {
  const plain = decodeOctal(block, field);
  if (plain !== undefined) return BigInt(plain);
  const [start, length] = field;
  const first = block[start] ?? 0;
  if (first >= 0x80) return decodeBinary(block.subarray(start, start + length));

  const text = textAll(block, field)
    .replace(/^[ \0]+/, "")
    .replace(/[ \0].*$/s, "");
  throw badArchive(`a header has the ${what} ${JSON.stringify(text)}, which is no octal number`);
}

/** Two's complement in all bits but the first, which is the mark of this form. */
function decodeBinary(bytes: Buffer): bigint {
  const bits = bytes.length * 8 - 1;
  const value = BigInt(`0x${bytes.toString("hex")}`) & ((1n << BigInt(bits)) - 1n);
  return BigInt.asIntN(bits, value);
}

/**
 * Whether a block can be the header of an entry: its checksum is right. The sum is of all bytes with
 * the sum's own field as spaces; some old programs added signed bytes.
 */
export function isTarHeader(block: Buffer): boolean {
  const stored = storedChecksum(block);
  const sum = checksumOf(block);
  return stored === sum || stored === sum - 0x100 * highBytes(block);
}

function storedChecksum(block: Buffer): number {
  const [start] = FIELD.checksum;
  const first = block[start] ?? 0;
  const isPlain = first >= DIGIT_0 && first <= DIGIT_7;
  const plain = isPlain ? decodeOctal(block, FIELD.checksum) : undefined;
  return plain ?? Number.parseInt(textField(block, FIELD.checksum).trim(), 8);
}

/** How many bytes outside of the checksum are negative when signed. */
function highBytes(block: Buffer): number {
  const [start, length] = FIELD.checksum;
  const isCounted = (byte: number, i: number) => byte >= 0x80 && (i < start || i >= start + length);
  return block.reduce((count, byte, i) => count + (isCounted(byte, i) ? 1 : 0), 0);
}

/** The sum that a header must have: of all its bytes, with the sum's own field as spaces. */
export function checksumOf(block: Buffer): number {
  const [start, length] = FIELD.checksum;
  let sum = 0x20 * length;
  for (let i = 0; i < BLOCK; i++) sum += block[i] ?? 0;
  for (let i = start; i < start + length; i++) sum -= block[i] ?? 0;
  return sum;
}
