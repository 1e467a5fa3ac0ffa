import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";
import { TemplateError } from "../template/lex.ts";
import { compileTemplate, type Template } from "../template/render.ts";
import { align } from "./align.ts";

/** What a list is shown as: its fields in the order that JSON has them, and the usual columns. */
export interface RowFormat {
  /** Heading by field; a template sees each field of a row. */
  readonly headings: Row;
  /** The usual template, without `table`. */
  readonly usual: string;
}

/** One line of a list, by field; a function is one that templates call with arguments. */
export type Row = Readonly<Record<string, unknown>>;

/** How rows are to be shown: `--format`, and `--quiet` for nothing but ids. */
export interface RowOptions {
  readonly format: RowFormat;
  readonly written: string;
  readonly quiet: boolean;
}

/** Prints rows as `--format` asks: a table, a template for each row, or a line of JSON for each. */
export async function printRows(
  io: Io,
  rows: readonly Row[],
  { format, written, quiet }: RowOptions,
): Promise<void> {
  if (quiet && written !== "") {
    const warning = "Ignoring custom format, because both --format and --quiet are set.";
    await print(io.stderr, `WARNING: ${warning}\n`);
  }
  await print(io.stdout, formatRows(rows, format, quiet ? "{{.ID}}" : written));
}

/** The text that printRows() prints. */
export function formatRows(unsorted: readonly Row[], format: RowFormat, written: string): string {
  const rows = unsorted.map(sortFields);
  const wanted = written.trim();
  if (wanted === "json") return rows.map((row) => `${formatJsonRow(row)}\n`).join("");
  if (wanted !== "" && wanted !== "table" && !wanted.startsWith("table ")) {
    const template = compileRow(unescapeBlanks(wanted));
    return rows.map((row) => `${template(row)}\n`).join("");
  }
  const columns = wanted.replace(/^table/, "").trim();
  const template = compileRow(columns === "" ? format.usual : unescapeBlanks(columns));
  return align([template(format.headings), ...rows.map(template)]);
}

/** JSON shows fields by name. */
function sortFields(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Docker's way: the characters that HTML minds are escapes. */
function formatJsonRow(row: Row): string {
  return JSON.stringify(row).replace(
    /[<>&]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A template in which a shell's single quotes kept tabs and newlines from being such. */
function unescapeBlanks(template: string): string {
  return template.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

function compileRow(source: string): Template {
  const template = explainTemplate("failed to parse template", () => compileTemplate(source));
  return (row) => explainTemplate("failed to execute template", () => template(row));
}

/** Runs what may find a mistake in the user's template, and says what it was about. */
export function explainTemplate<T>(problem: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof TemplateError)) throw cause;
    throw new CommandError(`${problem}: ${cause.message}`, 1, { cause });
  }
}
