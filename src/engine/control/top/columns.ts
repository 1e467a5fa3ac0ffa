import type { ProcessFacts } from "../../../base/process-facts.ts";
import {
  cpuPercent,
  formatBsdTime,
  formatElapsed,
  formatStart,
  formatTicks,
  ticksOf,
} from "./process-times.ts";

/** What a process is shown by, beside what the kernel tells of it. */
export interface ProcessContext {
  readonly uptimeTicks: number;
  readonly nowMs: number;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  /** The name that a host's id has, or the number that stands for it. */
  user(hostId: number): string;
  group(hostId: number): string;
  userId(hostId: number): string;
  groupId(hostId: number): string;
}

/** One of ps's columns. */
export interface Column {
  readonly title: string;
  show(process: ProcessFacts, context: ProcessContext): string;
}

type Show = Column["show"];

const KIB = 1024;

const showArguments: Show = ({ commandLine, name, state }) => {
  if (commandLine.length === 0) return state === "Z" ? `[${name}] <defunct>` : `[${name}]`;
  // A line end within would be the end of the row.
  return commandLine.join(" ").replace(/\p{Cc}/gu, "?");
};
const showUser: Show = ({ uids }, { user }) => user(uids.effective);
const showPercent: Show = (process, { uptimeTicks }) => cpuPercent(process, uptimeTicks).toFixed(1);
const showMemory: Show = ({ residentPages }, { pageBytes, memoryBytes }) =>
  ((residentPages * pageBytes * 100) / memoryBytes).toFixed(1);

/** By the names that ps has for them. */
export const COLUMNS: ReadonlyMap<string, Column> = new Map([
  ...column("pid", "PID", ({ pid }) => String(pid)),
  ...column("ppid", "PPID", ({ ppid }) => String(ppid)),
  ...column("pgid pgrp", "PGID", ({ pgid }) => String(pgid)),
  ...column("sid sess session", "SID", ({ sid }) => String(sid)),
  ...column("user euser uname", "USER", showUser),
  // Of the full format: the name too, for all that it is called.
  ...column("uid", "UID", showUser),
  ...column("euid", "EUID", ({ uids }, { userId }) => userId(uids.effective)),
  ...column("ruser", "RUSER", ({ uids }, { user }) => user(uids.real)),
  ...column("ruid", "RUID", ({ uids }, { userId }) => userId(uids.real)),
  ...column("group egroup", "GROUP", ({ gids }, { group }) => group(gids.effective)),
  ...column("gid egid", "GID", ({ gids }, { groupId }) => groupId(gids.effective)),
  ...column("rgroup", "RGROUP", ({ gids }, { group }) => group(gids.real)),
  ...column("c", "C", (process, { uptimeTicks }) =>
    String(Math.min(99, Math.floor(cpuPercent(process, uptimeTicks)))),
  ),
  ...column("pcpu %cpu", "%CPU", showPercent),
  ...column("pmem %mem", "%MEM", showMemory),
  ...column("vsz vsize", "VSZ", ({ virtualBytes }) => String(Math.floor(virtualBytes / KIB))),
  ...column("rss rssize rsz", "RSS", ({ residentPages }, { pageBytes }) =>
    String((residentPages * pageBytes) / KIB),
  ),
  ...column("sz", "SZ", ({ virtualBytes }, { pageBytes }) =>
    String(Math.floor(virtualBytes / pageBytes)),
  ),
  ...column("tty tt tname", "TTY", ({ terminal }) => terminalName(terminal)),
  ...column("stat", "STAT", showState),
  ...column("s state", "S", ({ state }) => state),
  ...column("stime start_time", "STIME", (process, { nowMs, uptimeTicks }) =>
    formatStart(process, nowMs, uptimeTicks),
  ),
  ...column("start bsdstart", "START", (process, { nowMs, uptimeTicks }) =>
    formatStart(process, nowMs, uptimeTicks),
  ),
  ...column("time cputime", "TIME", (process) => formatTicks(ticksOf(process))),
  ...column("bsdtime", "TIME", (process) => formatBsdTime(ticksOf(process))),
  ...column("etime", "ELAPSED", ({ startTicks }, { uptimeTicks }) =>
    formatElapsed(uptimeTicks - startTicks),
  ),
  ...column("etimes", "ELAPSED", ({ startTicks }, { uptimeTicks }) =>
    String(Math.floor((uptimeTicks - startTicks) / 100)),
  ),
  ...column("comm ucmd ucomm", "COMMAND", ({ name }) => name),
  ...column("args command", "COMMAND", showArguments),
  ...column("cmd", "CMD", showArguments),
  ...column("ni nice", "NI", ({ nice }) => String(nice)),
  ...column("pri", "PRI", ({ priority }) => String(39 - priority)),
  ...column("nlwp thcount", "NLWP", ({ threads }) => String(threads)),
  ...column("psr", "PSR", ({ processor }) => String(processor)),
]);

function column(names: string, title: string, show: Show): readonly (readonly [string, Column])[] {
  return names.split(" ").map((name) => [name, { title, show }] as const);
}

/** ps(1), "process state codes" */
function showState({ state, nice, lockedPages, sid, pid, ...process }: ProcessFacts): string {
  return [
    state,
    nice < 0 ? "<" : nice > 0 ? "N" : "",
    lockedPages ? "L" : "",
    sid === pid ? "s" : "",
    process.threads > 1 ? "l" : "",
    process.foreground === process.pgid ? "+" : "",
  ].join("");
}

/** Of pseudo-terminals there are eight major numbers. devices.txt */
function terminalName(terminal: number): string {
  const major = (terminal >> 8) & 0xfff;
  const minor = (terminal & 0xff) | ((terminal >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `pts/${minor + (major - 136) * 256}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return terminal === 0 ? "?" : "console";
}
