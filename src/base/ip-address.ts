import { EngineError } from "./errors.ts";

const IPV4_PART = /^(0|[1-9]\d{0,2})$/;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/i;
const IPV4_BYTES = 4;
const IPV6_GROUPS = 8;

/** The 4 or 16 bytes of an address, or undefined where the text is none. */
export function findIpAddress(text: string): Uint8Array | undefined {
  return text.includes(":") ? ipv6Bytes(text) : ipv4Bytes(text);
}

/** The 4 or 16 bytes of an address. */
export function parseIpAddress(text: string): Uint8Array {
  const bytes = findIpAddress(text);
  if (bytes === undefined) throw new EngineError("invalid", `Invalid IP address "${text}"`);
  return bytes;
}

/** The usual text of 4 or 16 bytes. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  );
  return shorten(groups);
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split(".");
  if (parts.length !== IPV4_BYTES) return undefined;
  const bytes = new Uint8Array(IPV4_BYTES);
  for (const [index, part] of parts.entries()) {
    // A leading zero is octal to some programs and decimal to others, so neither is taken.
    if (!IPV4_PART.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
  return bytes;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  const halves = withoutDottedEnd(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;

  const [head = [], tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = IPV6_GROUPS - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(2 * IPV6_GROUPS);
  const isWritten =
    writeGroups(bytes, head) &&
    writeGroups(bytes.subarray(2 * (head.length + missing)), tail ?? []);
  return isWritten ? bytes : undefined;
}

function writeGroups(bytes: Uint8Array, groups: readonly string[]): boolean {
  for (const [index, group] of groups.entries()) {
    if (!IPV6_GROUP.test(group)) return false;
    const value = Number.parseInt(group, 16);
    bytes[2 * index] = value >> 8;
    bytes[2 * index + 1] = value & 0xff;
  }
  return true;
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
function withoutDottedEnd(text: string): string | undefined {
  const start = text.lastIndexOf(":") + 1;
  const end = text.slice(start);
  if (!end.includes(".")) return text;
  const bytes = ipv4Bytes(end);
  if (bytes === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** Puts `::` in place of the first longest run of two or more zeros. RFC 5952. */
function shorten(groups: readonly string[]): string {
  const runs = [...groups.join(":").matchAll(/\b0(?::0\b)+/g)].map(([run]) => run);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  const text = groups.join(":");
  if (longest === "") return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  const before = text.slice(0, at).replace(/:$/, "");
  const behind = text.slice(at + longest.length).replace(/^:/, "");
  return `${before}::${behind}`;
}
