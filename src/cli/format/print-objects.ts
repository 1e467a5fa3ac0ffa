import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";

/** Prints objects as indented JSON, or as `--format` asks, then fails if some were not found. */
export async function printObjects(
  io: Io,
  format: string,
  { found, errors }: { found: readonly unknown[]; errors: readonly unknown[] },
): Promise<number> {
  await print(io.stdout, await formatObjects(found, format));
  if (errors.length === 0) return 0;
  const { describeError } = await import("../report-error.ts");
  throw new CommandError(errors.map(describeError).join("\n"));
}

async function formatObjects(found: readonly unknown[], format: string): Promise<string> {
  if (format === "") return `${JSON.stringify(found, undefined, 4)}\n`;
  if (found.length === 0) return "\n";
  if (format === "json") return `${JSON.stringify(found)}\n`;
  const fill = await compileObject(format);
  return found.map((one) => `${fill(one)}\n`).join("");
}

/** One object as `--format` asks; `json` is on one line. */
export async function printObject(io: Io, format: string, value: unknown): Promise<number> {
  const fill = await compileObject(format);
  await print(io.stdout, `${fill(value)}\n`);
  return 0;
}

/** Reads a `--format` for single objects. */
export async function compileObject(format: string): Promise<(value: unknown) => string> {
  if (format === "json") return (value) => JSON.stringify(value);
  const problem = "template parsing error";
  const { compileUserTemplate } = await import("./user-template.ts");
  return compileUserTemplate(format, { reading: problem, filling: problem });
}
