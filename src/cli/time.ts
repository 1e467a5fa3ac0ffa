import { parseDuration } from "./flags/duration.ts";

const RFC3339 =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?)(Z|[+-][0-9]{2}:[0-9]{2})?)?$/;

/**
 * Writes a moment as the API takes it: seconds since the epoch, with a fraction. It may be given as
 * a length of time before now, an RFC 3339 date with or without parts of its time, or as it is.
 */
export function parseMoment(written: string, nowMs = Date.now()): string {
  if (written === "" || /^[0-9]+(\.[0-9]+)?$/.test(written)) return written;
  const match = RFC3339.exec(written);
  if (match !== null) return fromDate(written, match);
  try {
    return formatSeconds(BigInt(nowMs) * 1_000_000n - BigInt(parseDuration(written)));
  } catch {
    throw new Error(`failed to parse value as time or duration: ${JSON.stringify(written)}`);
  }
}

function fromDate(written: string, [, date, time = "00", zone]: RegExpExecArray): string {
  const [clock = "", fraction = ""] = time.split(".");
  const whole = clock + ":00".repeat(3 - clock.split(":").length);
  // Without a zone the date means local time, as Date reads it too.
  const ms = new Date(`${date}T${whole}${zone ?? ""}`).getTime();
  if (Number.isNaN(ms)) throw new Error(`parsing time ${JSON.stringify(written)}: out of range`);
  return `${Math.trunc(ms / 1000)}.${fraction.padEnd(9, "0")}`;
}

function formatSeconds(nanoseconds: bigint): string {
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  return `${nanoseconds / 1_000_000_000n}.${fraction}`;
}
