import { parseDuration } from "../base/duration.ts";
import { EngineError } from "../base/errors.ts";
import { parseWordList } from "./instruction-words.ts";

const OPTION = /^--([a-z-]+)=(\S+)\s*/;
const DURATIONS: Readonly<Record<string, string>> = {
  interval: "Interval",
  timeout: "Timeout",
  "start-period": "StartPeriod",
  "start-interval": "StartInterval",
};
const MIN_NS = 1_000_000n;

/** Reads what stands after HEALTHCHECK, to the object that images have for it. */
export function parseHealthcheck(text: string, shell: readonly string[]): object {
  if (/^none$/i.test(text)) return { Test: ["NONE"] };
  const fields: Record<string, number> = {};
  let rest = text;
  for (let match = OPTION.exec(rest); match !== null; match = OPTION.exec(rest)) {
    const [whole, name = "", value = ""] = match;
    Object.assign(fields, readOption(name, value));
    rest = rest.slice(whole.length);
  }
  const [, type = "", command = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (type.toUpperCase() !== "CMD") {
    throw new EngineError("invalid", `Unknown type "${type}" in HEALTHCHECK (try CMD)`);
  }
  if (command === "") throw new EngineError("invalid", "Missing command after HEALTHCHECK CMD");
  return { Test: testOf(command, shell), ...fields };
}

function readOption(name: string, value: string): Readonly<Record<string, number>> {
  if (name === "retries") {
    if (/^\d{1,9}$/.test(value)) return { Retries: Number(value) };
    throw new EngineError("invalid", `--retries must be a number, and is "${value}"`);
  }
  const field = Object.hasOwn(DURATIONS, name) ? DURATIONS[name] : undefined;
  if (field === undefined) throw new EngineError("invalid", `unknown flag: --${name}`);
  const ns = parseDuration(value);
  if (ns === undefined || (ns !== 0n && ns < MIN_NS)) {
    throw new EngineError("invalid", `Interval "--${name}" cannot be less than 1ms: "${value}"`);
  }
  return { [field]: Number(ns) };
}

/** A list is the program itself; a text is for the shell, and for which one can be said. */
function testOf(command: string, shell: readonly string[]): readonly string[] {
  const list = parseWordList(command);
  if (list !== undefined) return ["CMD", ...list];
  const isDefault = shell.join(" ") === "/bin/sh -c";
  return isDefault ? ["CMD-SHELL", command] : ["CMD", ...shell, command];
}
