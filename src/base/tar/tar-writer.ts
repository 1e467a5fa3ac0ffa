import { EngineError } from "../errors.ts";
import { BLOCK, paddingOf, shownName, type TarEntry, TYPE_FLAG } from "./tar-entry.ts";
import { checksumOf, FIELD } from "./tar-header.ts";
import { encodePax, encodePaxTime, type PaxRecord, XATTR_PREFIX } from "./tar-pax.ts";

/** A file of an archive to be, with its content where it is a file. */
export interface TarFile {
  readonly entry: TarEntry;
  /** Exactly `entry.size` bytes. */
  readonly content?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What ends an archive. */
export const END_OF_ARCHIVE = new Uint8Array(2 * BLOCK);

const NANOSECONDS = 1_000_000_000n;
const MAX_OCTAL_8 = 0o777_7777;
const MAX_OCTAL_12 = 0o777_7777_7777;
const MAX_TEXT = 100;

/** Writes an archive in POSIX form, with PAX headers where a plain one cannot say it. */
export async function* writeTar(
  files: AsyncIterable<TarFile> | Iterable<TarFile>,
): AsyncGenerator<Uint8Array> {
  for await (const { entry, content } of files) {
    yield encodeTarHeader(entry);
    yield* checkedContent(entry, content ?? []);
    if (paddingOf(entry.size) > 0) yield new Uint8Array(paddingOf(entry.size));
  }
  yield END_OF_ARCHIVE;
}

/** All header blocks of one entry. */
export function encodeTarHeader(entry: TarEntry): Uint8Array {
  const records = paxRecords(entry);
  const header = encodeUstar(entry, TYPE_FLAG[entry.kind]);
  if (records.length === 0) return header;

  const body = encodePax(records);
  const paxEntry = { ...PAX_ENTRY, name: `PaxHeaders/${entry.name}`, size: body.length };
  return Buffer.concat([
    encodeUstar(paxEntry, "x"),
    body,
    new Uint8Array(paddingOf(body.length)),
    header,
  ]);
}

const PAX_ENTRY: TarEntry = {
  kind: "file",
  name: "",
  linkName: "",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeNs: 0n,
  device: { major: 0, minor: 0 },
  xattrs: new Map(),
};

/** A file that grew or shrank meanwhile would put all that follows out of place. */
async function* checkedContent(
  { name, size }: TarEntry,
  content: NonNullable<TarFile["content"]>,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const bytes of content) {
    total += bytes.length;
    if (total > size) break;
    yield bytes;
  }
  if (total === size) return;
  throw new EngineError(
    "internal",
    `Cannot write ${shownName(name)} to the archive: it has ${total > size ? "more" : "fewer"} than its ${size} bytes`,
  );
}

/** What ustar has no room for. */
function paxRecords(entry: TarEntry): readonly PaxRecord[] {
  const { name, linkName, uid, gid, size, mtimeNs, xattrs } = entry;
  const records: PaxRecord[] = [];
  if (name.length > MAX_TEXT) records.push(["path", name]);
  if (linkName.length > MAX_TEXT) records.push(["linkpath", linkName]);
  if (uid > MAX_OCTAL_8) records.push(["uid", String(uid)]);
  if (gid > MAX_OCTAL_8) records.push(["gid", String(gid)]);
  if (size > MAX_OCTAL_12) records.push(["size", String(size)]);
  if (ustarSeconds(mtimeNs) * NANOSECONDS !== mtimeNs) {
    records.push(["mtime", encodePaxTime(mtimeNs)]);
  }
  for (const [key, value] of xattrs) {
    records.push([`${XATTR_PREFIX}${key}`, Buffer.from(value).toString("latin1")]);
  }
  return records;
}

/** The nearest time that eleven octal digits can say. */
function ustarSeconds(timeNs: bigint): bigint {
  const seconds = timeNs / NANOSECONDS;
  if (seconds < 0n) return 0n;
  return seconds > BigInt(MAX_OCTAL_12) ? BigInt(MAX_OCTAL_12) : seconds;
}

function encodeUstar(entry: TarEntry, typeFlag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const text = (field: keyof typeof FIELD, value: string) =>
    block.write(value, FIELD[field][0], FIELD[field][1], "latin1");
  const octal = (field: keyof typeof FIELD, value: number) => {
    const digits = FIELD[field][1] - 1;
    const fits = value < 8 ** digits ? value : 8 ** digits - 1;
    text(field, fits.toString(8).padStart(digits, "0"));
  };

  text("name", entry.name);
  octal("mode", entry.mode);
  octal("uid", entry.uid);
  octal("gid", entry.gid);
  octal("size", entry.size);
  octal("mtime", Number(ustarSeconds(entry.mtimeNs)));
  text("typeFlag", typeFlag);
  text("linkName", entry.linkName);
  text("magic", "ustar\u000000");
  octal("deviceMajor", entry.device.major);
  octal("deviceMinor", entry.device.minor);
  text("checksum", `${checksumOf(block).toString(8).padStart(6, "0")}\0 `);
  return block;
}
