import type { ProcessFacts } from "../../../base/process-facts.ts";

const TICKS_PER_SECOND = 100;
const MS_PER_TICK = 10;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** The processor time that a process has used. */
export function ticksOf({ userTicks, systemTicks }: ProcessFacts): number {
  return userTicks + systemTicks;
}

/** The part of its life that a process was on a processor. */
export function cpuPercent(process: ProcessFacts, uptimeTicks: number): number {
  const lived = uptimeTicks - process.startTicks;
  return lived <= 0 ? 0 : (ticksOf(process) * 100) / lived;
}

/** `[days-]hours:minutes:seconds`. */
export function formatTicks(ticks: number): string {
  const { days, clock } = split(ticks);
  return days === 0 ? clock.join(":") : `${days}-${clock.join(":")}`;
}

/** `minutes:seconds`. */
export function formatBsdTime(ticks: number): string {
  const seconds = Math.floor(ticks / TICKS_PER_SECOND);
  return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

/** `[[days-]hours:]minutes:seconds`. */
export function formatElapsed(ticks: number): string {
  const { days, clock } = split(ticks);
  if (days > 0) return `${days}-${clock.join(":")}`;
  return (clock[0] === "00" ? clock.slice(1) : clock).join(":");
}

/** The time of day, the day, or the year, whichever says most; in the daemon's time zone. */
export function formatStart(
  { startTicks }: ProcessFacts,
  nowMs: number,
  uptimeTicks: number,
): string {
  const started = new Date(nowMs - (uptimeTicks - startTicks) * MS_PER_TICK);
  const now = new Date(nowMs);
  if (started.getFullYear() !== now.getFullYear()) return String(started.getFullYear());
  if (started.toDateString() !== now.toDateString()) {
    return `${MONTHS[started.getMonth()]}${two(started.getDate())}`;
  }
  return `${two(started.getHours())}:${two(started.getMinutes())}`;
}

function split(ticks: number): { readonly days: number; readonly clock: readonly string[] } {
  const seconds = Math.floor(ticks / TICKS_PER_SECOND);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return { days: Math.floor(seconds / 86_400), clock: clock.map(two) };
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
