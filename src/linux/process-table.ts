// Processes as /proc shows them. proc(5)

import type { Ids, ProcessFacts } from "../base/process-facts.ts";
import { listChildren, readControl } from "./cgroup-files.ts";

/** A process; undefined when it has ended. */
export function readProcess(pid: number): ProcessFacts | undefined {
  const stat = readControl(`/proc/${pid}/stat`);
  const status = readControl(`/proc/${pid}/status`);
  if (stat === "" || status === "") return undefined;
  const commandLine = readControl(`/proc/${pid}/cmdline`);
  return parseProcess({ stat, status, commandLine });
}

/** The texts of a process's files in /proc. */
export interface ProcessTexts {
  readonly stat: string;
  readonly status: string;
  readonly commandLine: string;
}

/** `pid (name) state ppid …`: the name may have blanks and brackets in it. */
export function parseProcess({ stat, status, commandLine }: ProcessTexts): ProcessFacts {
  const close = stat.lastIndexOf(")");
  const words = stat.slice(close + 2).split(" ");
  // By the numbers that proc(5) has: 3 is the state.
  const field = (number: number) => Number(words[number - 3]);
  return {
    pid: Number.parseInt(stat, 10),
    name: stat.slice(stat.indexOf("(") + 1, close),
    state: words[0] ?? "?",
    ppid: field(4),
    pgid: field(5),
    sid: field(6),
    terminal: field(7),
    foreground: field(8),
    userTicks: field(14),
    systemTicks: field(15),
    priority: field(18),
    nice: field(19),
    threads: field(20),
    startTicks: field(22),
    virtualBytes: field(23),
    residentPages: field(24),
    processor: field(39),
    policy: field(41),
    commandLine: commandLine.split("\0").slice(0, -1),
    uids: parseIds(status, "Uid"),
    gids: parseIds(status, "Gid"),
    lockedPages: /^VmLck:\s+[1-9]/m.test(status),
  };
}

function parseIds(status: string, name: "Uid" | "Gid"): Ids {
  const line = new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1] ?? "";
  const [real = 0, effective = 0, saved = 0] = line.split(/\s+/).map(Number);
  return { real, effective, saved };
}

/** How long the host has been up, in ticks. */
export function readUptimeTicks(): number {
  return Math.round(Number.parseFloat(readControl("/proc/uptime")) * 100);
}

/** How long a process has been there; 0 where it is not any more. */
export function processAgeMs(pid: number): number {
  const found = readProcess(pid);
  return found === undefined ? 0 : (readUptimeTicks() - found.startTicks) * 10;
}

/** The processes of a cgroup and of those beneath it, the oldest id first. */
export function listProcessesBeneath(directory: string): readonly number[] {
  const own = readControl(`${directory}/cgroup.procs`).split("\n").filter(Boolean).map(Number);
  const below = listChildren(directory).flatMap(listProcessesBeneath);
  return [...own, ...below].sort((a, b) => a - b);
}
