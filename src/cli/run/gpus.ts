import { parseInteger } from "../flags/numbers.ts";
import { splitCsv } from "./csv.ts";
import { toPairs } from "./pairs.ts";

/** Docker's DeviceRequest. */
export interface GpuRequest {
  readonly Driver: string;
  readonly Count: number;
  readonly DeviceIDs: readonly string[] | null;
  readonly Capabilities: readonly (readonly string[])[];
  readonly Options: Readonly<Record<string, string>>;
}

/** Reads `all`, a number, or `count=…,device=…,driver=…,capabilities=…,options=…`. */
export function parseGpus(written: string): GpuRequest {
  const settings = new Map<string, string>();
  for (const field of splitCsv(written)) {
    const [key, value] = splitField(field);
    if (settings.has(key)) throw new Error(`gpu request key '${key}' can be specified only once`);
    settings.set(key, value);
  }
  const devices = settings.get("device");
  const count = settings.get("count");
  const capabilities = settings.get("capabilities");
  const options = settings.get("options");
  return {
    Driver: settings.get("driver") ?? "",
    Count: count === undefined ? (devices === undefined ? 1 : 0) : parseCount(count),
    DeviceIDs: devices === undefined ? null : devices.split(","),
    Capabilities: [capabilities === undefined ? ["gpu"] : [...capabilities.split(","), "gpu"]],
    Options: options === undefined ? {} : toPairs(splitCsv(options)),
  };
}

const KEYS = ["count", "device", "driver", "capabilities", "options"];

function splitField(field: string): readonly [key: string, value: string] {
  const at = field.indexOf("=");
  if (at < 0) return ["count", field];
  const key = field.slice(0, at);
  if (!KEYS.includes(key)) throw new Error(`unexpected key '${key}' in '${field}'`);
  return [key, field.slice(at + 1)];
}

function parseCount(value: string): number {
  if (value === "all") return -1;
  if (/^-?[0-9]+$/.test(value)) return parseInteger(value);
  throw new Error(
    `invalid count (${value}): value must be either "all" or an integer: invalid syntax`,
  );
}
