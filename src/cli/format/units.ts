const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/** A size in thousands, such as `1.98MB`. */
export function formatSize(bytes: number, digits = 4): string {
  return scale(bytes, 1000, { units: DECIMAL, digits });
}

/** A size in 1024s, such as `23.54GiB`. */
export function formatBinarySize(bytes: number): string {
  return scale(bytes, 1024, { units: BINARY, digits: 4 });
}

function scale(
  bytes: number,
  base: number,
  { units, digits }: { units: readonly string[]; digits: number },
): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${formatSignificant(value, digits)}${units[unit]}`;
}

/** As C's `%.{digits}g`. */
function formatSignificant(value: number, digits: number): string {
  const [mantissa = "", exponent] = value.toPrecision(digits).split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent === undefined) return short;
  return `${short}e${exponent.replace(/^([+-])([0-9])$/, "$10$2")}`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24;

/** A length of time as people say it, such as `About an hour`. */
export function formatDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return "Less than a second";
  if (whole === 1) return "1 second";
  if (whole < MINUTE) return `${whole} seconds`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  return formatHours(Math.trunc(seconds / HOUR + 0.5));
}

function formatHours(hours: number): string {
  if (hours === 1) return "About an hour";
  if (hours < DAY * 2) return `${hours} hours`;
  if (hours < DAY * 7 * 2) return `${Math.trunc(hours / DAY)} days`;
  if (hours < DAY * 30 * 2) return `${Math.trunc(hours / DAY / 7)} weeks`;
  if (hours < DAY * 365 * 2) return `${Math.trunc(hours / DAY / 30)} months`;
  return `${Math.trunc(hours / DAY / 365)} years`;
}

/** How long ago that was; empty for a moment that never was. */
export function formatAge(epochSeconds: number, nowMs = Date.now()): string {
  return epochSeconds === 0 ? "" : `${formatDuration(nowMs / 1000 - epochSeconds)} ago`;
}

/** A moment as Go prints it in UTC, such as `2026-11-23 21:59:15 +0000 UTC`. */
export function formatMoment(epochSeconds: number): string {
  const [date, time = ""] = new Date(epochSeconds * 1000).toISOString().split("T");
  return `${date} ${time.slice(0, 8)} +0000 UTC`;
}

/** A moment in RFC 3339 as Go prints it, such as `2026-11-23 21:59:15.5 +0000 UTC`. */
export function formatTimestamp(written: string): string {
  const match = /^([0-9-]+)T([0-9:]+)(\.[0-9]+)?(Z|[+-][0-9:]+)$/.exec(written);
  if (match === null) return written;
  const [, date, time, fraction = "", zone = "Z"] = match;
  const offset = zone.replace(":", "");
  const shownZone = zone === "Z" ? "+0000 UTC" : `${offset} ${offset}`;
  return `${date} ${time}${fraction.replace(/\.?0+$/, "")} ${shownZone}`;
}

/** The first characters, with an ellipsis in the place of the last where some are missing. */
export function ellipsis(text: string, width: number): string {
  const letters = [...text];
  if (letters.length <= width) return text;
  return `${letters.slice(0, width - 1).join("")}…`;
}

const SHORT_ID = 12;

/** The first 12 digits of an id, without its algorithm. */
export function shortId(id: string): string {
  return id.slice(id.indexOf(":") + 1).slice(0, SHORT_ID);
}
