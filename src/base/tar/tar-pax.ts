import { badArchive } from "./tar-entry.ts";

/** A PAX record: key and value, both bytes as latin1. Order counts, and a key may come twice. */
export type PaxRecord = readonly [key: string, value: string];

/** The prefix of a record that is an extended attribute. */
export const XATTR_PREFIX = "SCHILY.xattr.";

const DIGITS = /^[1-9][0-9]{0,6}$/;

/** Reads `length key=value\n` records. The length is in bytes and counts itself, so values are free. */
export function parsePax(bytes: Buffer): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const digits = bytes.toString("latin1", at, Math.max(at, space));
    const end = DIGITS.test(digits) ? at + Number(digits) : 0;
    const equals = bytes.indexOf(0x3d, space + 1);
    const isWhole = end > equals && equals > space + 1 && end <= bytes.length;
    if (!isWhole || bytes[end - 1] !== 0x0a) throw badArchive("a PAX header is broken");

    const key = bytes.toString("latin1", space + 1, equals);
    records.push([key, bytes.toString("latin1", equals + 1, end - 1)]);
    at = end;
  }
  return records;
}

/** Writes what parsePax() reads. */
export function encodePax(records: readonly PaxRecord[]): Buffer {
  return Buffer.from(records.map(encodeRecord).join(""), "latin1");
}

function encodeRecord([key, value]: PaxRecord): string {
  const body = ` ${key}=${value}\n`;
  // The length counts its own digits, so one more digit can make one more necessary.
  let length = body.length;
  while (String(length).length + body.length !== length) {
    length = String(length).length + body.length;
  }
  return `${length}${body}`;
}

/** A whole number of a record. */
export function paxNumber(key: string, value: string): number {
  const number = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw badArchive(`a PAX header has ${key} ${JSON.stringify(value)}`);
}

/** Seconds with a fraction, as nanoseconds; digits beyond these are cut off. */
export function paxTime(value: string): bigint {
  const match = /^(-?)([0-9]{1,12})(?:\.([0-9]*))?$/.exec(value);
  if (match === null) throw badArchive(`a PAX header has the time ${JSON.stringify(value)}`);
  const [, sign, seconds = "", fraction = ""] = match;
  const magnitude = BigInt(`${seconds}${fraction.slice(0, 9).padEnd(9, "0")}`);
  return sign === "-" ? -magnitude : magnitude;
}

/** Writes what paxTime() reads. */
export function encodePaxTime(timeNs: bigint): string {
  const magnitude = timeNs < 0n ? -timeNs : timeNs;
  const digits = magnitude.toString().padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  const sign = timeNs < 0n ? "-" : "";
  return `${sign}${digits.slice(0, -9)}${fraction === "" ? "" : `.${fraction}`}`;
}
