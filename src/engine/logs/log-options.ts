import { EngineError } from "../../base/errors.ts";
import type { Stdio } from "../../runtime/model.ts";
import type { LogOptions } from "../model.ts";

/** Docker's json-file grows without end by default; filling a host's disk is never what is wanted. */
const DEFAULT_MAX_BYTES = 20 * 1024 * 1024;
const DEFAULT_MAX_FILES = 5;

/** Options of Docker's that are not there yet. */
const UNSUPPORTED = new Set(["compress", "labels", "labels-regex", "env", "env-regex", "tag"]);

/** What the monitor is told to write; undefined where nothing is kept. */
export function planLog({ driver, options }: LogOptions, path: string): Stdio["log"] {
  checkNames(driver, Object.keys(options));
  if (driver === "none") return undefined;
  const size = options["max-size"];
  const maxBytes = size === undefined ? DEFAULT_MAX_BYTES : parseSize(size);
  const count = options["max-file"];
  const maxFiles = count === undefined ? DEFAULT_MAX_FILES : parseCount(count);
  return { path, maxBytes, maxFiles };
}

function checkNames(driver: string, names: readonly string[]): void {
  for (const name of names) {
    if (driver === "json-file" && UNSUPPORTED.has(name)) {
      const message = `The log option "${name}" is not supported yet`;
      throw new EngineError("unimplemented", message);
    }
    if (driver === "none" || (name !== "max-size" && name !== "max-file")) {
      throw new EngineError("invalid", `unknown log opt '${name}' for ${driver} log driver`);
    }
  }
}

const POWER = " kmgt";

/** `10m`, `1.5g`, `1024`; `-1` is no limit, which the monitor knows as 0. */
function parseSize(text: string): number {
  if (text === "-1") return 0;
  const [, digits = "", unit = ""] =
    /^(\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/.exec(text.toLowerCase()) ?? [];
  const power = unit === "" ? 0 : POWER.indexOf(unit);
  const bytes = Math.floor(Number(digits) * 1024 ** power);
  if (digits !== "" && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new EngineError("invalid", `invalid value for max-size: "${text}"`);
}

function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 1000) return count;
  throw new EngineError("invalid", `invalid value for max-file: "${text}"`);
}
