import { parseBytes } from "../../base/byte-size.ts";
import { EngineError } from "../../base/errors.ts";
import { parseFluentdOptions } from "../../log-drivers/fluentd.ts";
import { parseGelfOptions } from "../../log-drivers/gelf.ts";
import { parseSyslogOptions } from "../../log-drivers/syslog.ts";
import type { LogFileOptions } from "../../runtime/model.ts";
import type { LogOptions } from "../model.ts";
import { parseRegex } from "./log-attributes.ts";

/** The drivers that there are, by Docker's names. */
export const LOG_DRIVERS = [
  "fluentd",
  "gelf",
  "journald",
  "json-file",
  "local",
  "none",
  "syslog",
] as const;

/** The driver that has this name; an unknown one is an error in Docker's words. */
export function findLogDriver(name: string): (typeof LOG_DRIVERS)[number] {
  const driver = LOG_DRIVERS.find((known) => known === name);
  if (driver !== undefined) return driver;
  throw invalid(`logger: no log driver named '${name}' is registered`);
}

/** Docker's json-file grows without end by default; filling a host's disk is never what is wanted. */
const DEFAULT_MAX_BYTES = 20 * 1024 * 1024;
const DEFAULT_MAX_FILES = 5;
const DEFAULT_BUFFER_BYTES = 1024 * 1024;

const ATTRIBUTES = ["labels", "labels-regex", "env", "env-regex", "tag"];
const FILES = ["max-size", "max-file", "compress"];
const CACHE = ["cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"];
const ANY = ["mode", "max-buffer-size"];

/** What each driver takes beside what all take. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  "json-file": [...FILES, ...ATTRIBUTES],
  local: [...FILES, ...ATTRIBUTES],
  journald: ATTRIBUTES,
  syslog: [
    ...ATTRIBUTES,
    ...["syslog-address", "syslog-facility", "syslog-format", "syslog-tls-ca-cert"],
    ...["syslog-tls-cert", "syslog-tls-key", "syslog-tls-skip-verify"],
  ],
  gelf: [
    ...ATTRIBUTES,
    ...["gelf-address", "gelf-compression-type", "gelf-compression-level"],
    ...["gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"],
  ],
  fluentd: [
    ...ATTRIBUTES,
    ...["fluentd-address", "fluentd-async", "fluentd-async-connect", "fluentd-buffer-limit"],
    ...["fluentd-async-reconnect-interval", "fluentd-force-stop-async-send"],
    ...["fluentd-max-retries", "fluentd-read-timeout", "fluentd-request-ack"],
    ...["fluentd-retry-wait", "fluentd-sub-second-precision", "fluentd-write-timeout"],
  ],
};

/** How a container's log is kept and where it goes. */
export interface LogPlan {
  /** Undefined: nothing is kept, and nothing sent. */
  readonly files?: Omit<LogFileOptions, "path" | "number" | "attributes">;
  /** Full files are compressed. */
  readonly compress: boolean;
  /** Whether the log can be asked for. */
  readonly isReadable: boolean;
  /** How far the receiver may be behind before lines are left out; undefined: nothing ever is. */
  readonly maxBehindBytes?: number;
}

/** Whether a driver sends the log elsewhere. */
export function isRemote(driver: LogOptions["driver"]): boolean {
  return driver !== "json-file" && driver !== "local" && driver !== "none";
}

/** Checks a driver's options, with Docker's texts, and says what they come to. */
export function planLog({ driver, options }: LogOptions): LogPlan {
  if (driver === "none") return { compress: false, isReadable: false };
  checkNames(driver, options);
  checkMode(options);
  checkDriver(driver, options);
  const prefix = isRemote(driver) ? "cache-" : "";
  const size = options[`${prefix}max-size`];
  const count = options[`${prefix}max-file`];
  const maxBytes = size === undefined ? DEFAULT_MAX_BYTES : parseSize(size);
  const asked = count === undefined ? DEFAULT_MAX_FILES : parseCount(count);
  const compressing = parseBoolean(`${prefix}compress`, options);
  if (driver === "json-file" && compressing === true && (asked < 2 || maxBytes === 0)) {
    throw invalid("compress cannot be true when max-file is less than 2 or max-size is not set");
  }
  // Of what is sent from there, the last full file has to be there still when the next one begins.
  const maxFiles = isRemote(driver) ? Math.max(2, asked) : asked;
  const isCompressed = compressing ?? driver !== "json-file";
  return {
    files: { maxBytes, maxFiles },
    compress: isCompressed && maxFiles > 1 && maxBytes > 0,
    isReadable: parseBoolean("cache-disabled", options) !== true,
    ...(options["mode"] === "non-blocking" ? { maxBehindBytes: bufferBytes(options) } : {}),
  };
}

function checkNames(driver: string, options: LogOptions["options"]): void {
  const names = [...ANY, ...(OPTIONS[driver] ?? []), ...(driver in OPTIONS ? CACHE : [])];
  const foreign = Object.keys(options).find((name) => !names.includes(name));
  if (foreign === undefined) return;
  const text = driver === "local" ? `for log driver ${driver}` : `for ${driver} log driver`;
  const quote = driver === "gelf" ? '"' : "'";
  throw invalid(`unknown log opt ${quote}${foreign}${quote} ${text}`);
}

function checkMode(options: LogOptions["options"]): void {
  const mode = options["mode"] ?? "";
  if (!["", "blocking", "non-blocking"].includes(mode)) {
    throw invalid(`logger: logging mode not supported: ${mode}`);
  }
  if (options["max-buffer-size"] === undefined) return;
  if (mode !== "non-blocking") {
    throw invalid("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  bufferBytes(options);
}

function bufferBytes(options: LogOptions["options"]): number {
  const text = options["max-buffer-size"];
  if (text === undefined) return DEFAULT_BUFFER_BYTES;
  try {
    return parseBytes(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "";
    throw invalid(`error parsing option max-buffer-size: ${reason}`);
  }
}

function checkDriver(driver: LogOptions["driver"], options: LogOptions["options"]): void {
  for (const name of ["labels-regex", "env-regex"]) parseRegex(options[name] ?? "");
  if (driver === "syslog") parseSyslogOptions(options);
  if (driver === "gelf") parseGelfOptions(options);
  if (driver === "fluentd") parseFluentdOptions(options);
}

/** `10m`, `1.5g`, `1024`; `-1` is no limit, which the monitor knows as 0. */
function parseSize(text: string): number {
  if (text === "-1") return 0;
  let bytes: number;
  try {
    bytes = parseBytes(text);
  } catch {
    throw invalid(`invalid max-size: invalid size: '${text}'`);
  }
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw invalid("invalid max-size: max-size must be a positive number");
}

function parseCount(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) {
    throw invalid(`invalid max-file: strconv.Atoi: parsing "${text}": invalid syntax`);
  }
  const count = Number(text);
  if (count < 1) throw invalid("invalid max-file: max-file cannot be less than 1");
  return count;
}

function parseBoolean(name: string, options: LogOptions["options"]): boolean | undefined {
  const text = options[name];
  if (text === undefined || text === "") return undefined;
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw invalid(`invalid value for option ${name}: ${text}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
