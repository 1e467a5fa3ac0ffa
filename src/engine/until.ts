import { parseDuration } from "../base/duration.ts";
import { EngineError } from "../base/errors.ts";
import { nowNs, parseTime } from "../base/time.ts";

/**
 * The moment that a filter `until` means, in nanoseconds since the epoch: a time, seconds since the
 * epoch, or how long ago, such as `24h`.
 */
export function parseUntil(text: string): bigint {
  const age = parseDuration(text);
  if (age !== undefined && !/^[+-]?0$/.test(text)) return nowNs() - age;
  const time = parseTime(text);
  if (time !== undefined) return time;
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return BigInt(Math.round(Number(text) * 1000)) * 1_000_000n;
  throw new EngineError("invalid", `failed to parse value as time or duration: "${text}"`);
}

/** A prune has one limit in time. */
export function parseOneUntil(values: readonly string[]): bigint {
  const [value = "", another] = values;
  if (another === undefined) return parseUntil(value);
  throw new EngineError("invalid", "more than one until filter specified");
}
