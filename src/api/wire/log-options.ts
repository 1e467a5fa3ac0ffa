import { findLogDriver } from "../../engine/logs/log-options.ts";
import type { LogOptions } from "../../engine/model.ts";
import type { Fields } from "./fields.ts";

/** A log driver's name and settings; what they mean, and whether they make sense, the engine says. */
export function decodeLog(log: Fields | undefined): LogOptions {
  const name = log?.text("Type") ?? "";
  const driver = name === "" ? "default" : findLogDriver(name);
  return { driver, options: log?.textMap("Config") ?? {} };
}
