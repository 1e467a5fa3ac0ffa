const NARROWEST = 10;
const PADDING = 3;

/** Sets tab-separated columns under each other, as wide as their widest cell needs. */
export function align(lines: readonly string[], narrowest = NARROWEST): string {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((row) => row.map(() => 0));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  for (let column = 0; column < columns; column++)
    measureColumn({ rows, widths, narrowest }, column);
  return rows.map((row, y) => `${joinCells(row, widths[y] ?? [])}\n`).join("");
}

interface Table {
  readonly rows: readonly (readonly string[])[];
  readonly widths: readonly number[][];
  /** No column is less wide, with what is between it and the next. */
  readonly narrowest: number;
}

/** A column reaches over neighbouring lines that have a cell there which another one follows. */
function measureColumn({ rows, widths, narrowest }: Table, column: number): void {
  let start = 0;
  while (start < rows.length) {
    let end = start;
    let width = 0;
    for (; column < (rows[end]?.length ?? 0) - 1; end++) {
      width = Math.max(width, narrowest, lengthOf(rows[end]?.[column]) + PADDING);
    }
    for (let y = start; y < end; y++) widths[y]?.splice(column, 1, width);
    start = end + 1;
  }
}

function joinCells(row: readonly string[], widths: readonly number[]): string {
  const last = row.length - 1;
  return row.map((cell, x) => (x === last ? cell : pad(cell, widths[x] ?? 0))).join("");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - lengthOf(cell)));
}

function lengthOf(cell = ""): number {
  return [...cell].length;
}
