import { type Io, print } from "../io.ts";
import { align } from "./align.ts";

/** What a list is shown as. */
export interface RowFormat {
  /** Heading by field. */
  readonly headings: Row;
  /** The fields that are shown where the user asks for none. */
  readonly columns: readonly string[];
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
  const text = quiet
    ? rows.map(({ ID }) => `${ID}\n`).join("")
    : await formatRows(rows, format, written);
  await print(io.stdout, text);
}

/** The text that printRows() prints. */
export async function formatRows(
  rows: readonly Row[],
  format: RowFormat,
  written: string,
): Promise<string> {
  const wanted = written.trim();
  const sorted = rows.map(sortFields);
  if (wanted === "json") return sorted.map((row) => `${formatJson(row)}\n`).join("");
  const isTable = wanted === "" || wanted === "table" || wanted.startsWith("table ");
  const template = unescapeBlanks(isTable ? wanted.slice("table".length).trim() : wanted);
  const fill = template === "" ? fillColumns(format.columns) : await compileRow(template);
  if (isTable) return align([format.headings, ...sorted].map(fill));
  return sorted.map((row) => `${fill(row)}\n`).join("");
}

function fillColumns(columns: readonly string[]): (row: Row) => string {
  return (row) => columns.map((name) => row[name]).join("\t");
}

/** The template engine is only loaded for those who use it: it is a third of the start-up time. */
async function compileRow(template: string): Promise<(row: Row) => string> {
  const { compileUserTemplate } = await import("./user-template.ts");
  return compileUserTemplate(template, {
    reading: "failed to parse template",
    filling: "failed to execute template",
  });
}

/** JSON shows fields by name. */
function sortFields(row: Row): Row {
  return Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Docker's way: the characters that HTML minds are escapes. */
function formatJson(row: Row): string {
  return JSON.stringify(row).replace(
    /[<>&]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A template in which a shell's single quotes kept tabs and newlines from being such. */
function unescapeBlanks(template: string): string {
  return template.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}
