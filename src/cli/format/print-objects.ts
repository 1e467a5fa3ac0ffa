import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";
import { describeError } from "../report-error.ts";
import { compileTemplate } from "../template/render.ts";
import { explainTemplate } from "./print-rows.ts";

const PROBLEM = "template parsing error";

/** Prints objects as indented JSON, or as `--format` asks, then fails if some were not found. */
export async function printObjects(
  io: Io,
  format: string,
  { found, errors }: { found: readonly unknown[]; errors: readonly unknown[] },
): Promise<number> {
  await print(io.stdout, formatObjects(found, format));
  if (errors.length > 0) throw new CommandError(errors.map(describeError).join("\n"));
  return 0;
}

function formatObjects(found: readonly unknown[], format: string): string {
  if (format === "") return `${JSON.stringify(found, undefined, 4)}\n`;
  if (found.length === 0) return "\n";
  if (format === "json") return `${JSON.stringify(found)}\n`;
  return found.map((one) => `${fillTemplate(format, one)}\n`).join("");
}

/** Fills a user's template for one object. */
export function fillTemplate(format: string, value: unknown): string {
  return explainTemplate(PROBLEM, () => compileTemplate(format)(value));
}

/** One object as `--format` asks; `json` is on one line. */
export async function printObject(io: Io, format: string, value: unknown): Promise<number> {
  const text = format === "json" ? JSON.stringify(value) : fillTemplate(format, value);
  await print(io.stdout, `${text}\n`);
  return 0;
}
