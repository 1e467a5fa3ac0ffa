import type { ProgressDetail, ProgressLine } from "../../client/wire.ts";
import { formatSize } from "../format/units.ts";

/** A terminal that is wider than this has room for a bar. */
const WIDE = 110;
const BAR = 50;
const NUMBER_WIDTH = 8;

/** Whether a line tells how far something is, and so replaces what was said of it before. */
export function isStep({ id, progress, progressDetail }: ProgressLine): boolean {
  return id !== undefined && id !== "" && (progressDetail !== undefined || Boolean(progress));
}

/** A line as one of a list that lives: `id: status [===>  ] 12MB/30MB`. */
export function formatStep(line: ProgressLine, columns: number): string {
  const { status = "", progress = "", progressDetail } = line;
  const amount = progressDetail === undefined ? progress : formatAmount(progressDetail, columns);
  return `${prefixOf(line)}${status} ${amount}`;
}

/** A line where nothing can be drawn over: how far something is would be told too often. */
export function formatPlain(line: ProgressLine): string {
  const { stream = "", status = "", progress = "", progressDetail } = line;
  if (progressDetail === undefined ? progress !== "" : formatAmount(progressDetail, 0) !== "") {
    return "";
  }
  return stream === "" ? `${prefixOf(line)}${status}\n` : `${prefixOf(line)}${stream}`;
}

function prefixOf({ id = "" }: ProgressLine): string {
  return id === "" ? "" : `${id}: `;
}

function formatAmount(detail: ProgressDetail, columns: number): string {
  const { current = 0, total = 0, units = "", hidecounts = false } = detail;
  if (current <= 0 && total <= 0) return "";
  if (total <= 0) return formatCount(current, units);
  const bar = columns > WIDE ? `${formatBar(current / total)} ` : "";
  return hidecounts ? bar : bar + formatCounts({ current, total, units });
}

function formatBar(part: number): string {
  const filled = Math.min(BAR, Math.trunc(Math.trunc(part * 100) / 2));
  return `[${"=".repeat(filled)}>${" ".repeat(BAR - filled)}]`;
}

/** A total that was passed already says nothing. */
function formatCounts(amount: { current: number; total: number; units: string }): string {
  const { current, total, units } = amount;
  if (current > total) return formatCount(current, units);
  if (units !== "") return `${current}/${total} ${units}`;
  return `${formatSize(current).padStart(NUMBER_WIDTH)}/${formatSize(total)}`;
}

function formatCount(count: number, units: string): string {
  return units === "" ? formatSize(count).padStart(NUMBER_WIDTH) : `${count} ${units}`;
}
