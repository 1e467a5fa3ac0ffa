import { EngineError } from "../base/errors.ts";
import { formatTime } from "../base/time.ts";
import type { LogMessage, LogOrigin } from "./log-driver.ts";

const FORMATS = ["unix", "rfc3164", "rfc5424", "rfc5424micro"] as const;

/** How a message is written. */
export type SyslogFormat = (typeof FORMATS)[number];

const FACILITIES = [
  ...["kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"],
  ...["authpriv", "ftp", "", "", "", ""],
  ...["local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"],
];

const DAEMON = 3;
const SEVERITY = { stdout: 6, stderr: 3 } as const;

/** Reads a facility's name or number; none is `daemon`. */
export function parseFacility(text: string): number {
  if (text === "") return DAEMON;
  const number = /^\d+$/.test(text) ? Number(text) : FACILITIES.indexOf(text);
  if (number >= 0 && number < FACILITIES.length) return number;
  throw new EngineError("invalid", "invalid syslog facility");
}

/** Reads a format's name; none is that of Unix. */
export function parseSyslogFormat(text: string): SyslogFormat {
  const format = text === "" ? "unix" : FORMATS.slice(1).find((known) => known === text);
  if (format !== undefined) return format;
  throw new EngineError("invalid", "Invalid syslog format");
}

/** What a message is written with. */
export interface SyslogFraming {
  readonly facility: number;
  readonly format: SyslogFormat;
  readonly origin: Pick<LogOrigin, "hostname" | "tag">;
}

/** Writes a message, with a line end. */
export function formatSyslog(message: LogMessage, framing: SyslogFraming): string {
  const { facility, format, origin } = framing;
  const priority = facility * 8 + SEVERITY[message.stream];
  const { hostname, tag } = origin;
  const { pid } = process;
  switch (format) {
    case "unix":
      return `<${priority}>${shortTime(message.timeNs)} ${tag}[${pid}]: ${message.text}\n`;
    case "rfc3164":
      return `<${priority}>${shortTime(message.timeNs)} ${hostname} ${tag}[${pid}]: ${message.text}\n`;
    case "rfc5424":
    case "rfc5424micro": {
      const time = longTime(message.timeNs, format === "rfc5424micro" ? 6 : 0);
      return `<${priority}>1 ${time} ${hostname} ${tag} ${pid} ${tag} - ${message.text}\n`;
    }
  }
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** "The TIMESTAMP field is the local time and is in the format of "Mmm dd hh:mm:ss"". RFC 3164, 4.1.2 */
function shortTime(timeNs: bigint): string {
  const time = new Date(Number(timeNs / 1_000_000n));
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  const two = clock.map((part) => String(part).padStart(2, "0")).join(":");
  return `${MONTHS[time.getMonth()]} ${String(time.getDate()).padStart(2, " ")} ${two}`;
}

/** RFC 3339, with as many digits of a second as are asked for. */
function longTime(timeNs: bigint, digits: number): string {
  const whole = formatTime(timeNs);
  const seconds = whole.slice(0, "2026-01-01T00:00:00".length);
  return digits === 0 ? `${seconds}Z` : `${whole.slice(0, seconds.length + 1 + digits)}Z`;
}
