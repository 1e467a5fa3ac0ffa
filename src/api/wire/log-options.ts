import { EngineError } from "../../base/errors.ts";
import type { LogOptions } from "../../engine/model.ts";
import type { Fields } from "./fields.ts";
import { notYet } from "./refused.ts";

/** A log driver's settings; a driver or a setting that would have no effect is refused. */
export function decodeLog(log: Fields | undefined): LogOptions {
  const driver = log?.text("Type") ?? "";
  const options = log?.textMap("Config") ?? {};
  switch (driver) {
    case "":
    case "json-file":
      for (const [name, value] of Object.entries(options)) checkOption(name, value);
      return { driver: "json-file", options };
    case "none":
      return { driver, options: {} };
    default:
      throw notYet("HostConfig.LogConfig", `the log driver "${driver}"`);
  }
}

type Check = (value: string, name: string) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  "max-size": checkSize,
  "max-file": checkCount,
  mode: allowOnly("blocking"),
  compress: allowOnly("false"),
  labels: allowOnly(""),
  "labels-regex": allowOnly(""),
  env: allowOnly(""),
  "env-regex": allowOnly(""),
  tag: allowOnly(""),
  "max-buffer-size": allowOnly(""),
};

function checkOption(name: string, value: string): void {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (check === undefined) {
    throw new EngineError("invalid", `unknown log opt '${name}' for json-file log driver`);
  }
  check(value, name);
}

function allowOnly(harmless: string): Check {
  return (value, name) => {
    if (value === harmless) return;
    throw notYet("HostConfig.LogConfig", `the log option ${name}=${value}`);
  };
}

function checkSize(value: string): void {
  if (value !== "-1" && !/^\d+(\.\d+)? ?[kmgtp]?i?b?$/i.test(value)) {
    throw new EngineError("invalid", `invalid max-size: invalid size: '${value}'`);
  }
}

function checkCount(value: string): void {
  if (!/^\d{1,9}$/.test(value)) {
    throw new EngineError(
      "invalid",
      `invalid max-file: strconv.Atoi: parsing "${value}": invalid syntax`,
    );
  }
  if (Number(value) < 1) {
    throw new EngineError("invalid", "invalid max-file: max-file cannot be less than 1");
  }
}
