import { describe, expect, test } from "bun:test";
import type { ProcessFacts } from "../../../base/process-facts.ts";
import { COLUMNS, type ProcessContext } from "./columns.ts";
import { formatBsdTime, formatElapsed, formatStart, formatTicks } from "./process-times.ts";
import { parsePsArguments } from "./ps-arguments.ts";

const titles = (text: string) =>
  parsePsArguments(text)
    .map(({ title }) => title)
    .join(" ");

const FULL = "UID PID PPID C STIME TTY TIME CMD";
const BSD_USER = "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND";

describe("ps's arguments", () => {
  test.each([
    ["", FULL],
    ["-ef", FULL],
    ["-e -f", FULL],
    ["aux", BSD_USER],
    ["-aux", BSD_USER],
    ["u", BSD_USER],
    ["ax", "PID TTY STAT TIME COMMAND"],
    ["-e", "PID TTY TIME CMD"],
    ["-eF", "UID PID PPID C SZ RSS PSR STIME TTY TIME CMD"],
    ["-o pid,user,comm", "PID USER COMMAND"],
    ["-opid,args", "PID COMMAND"],
    ["-eo pid,ppid -o cmd", "PID PPID CMD"],
    ["axo pid,stat=S", "PID S"],
    ["--format pid,%cpu", "PID %CPU"],
    ["--format=pid", "PID"],
  ])("%p show %p", (text, expected) => {
    expect(titles(text)).toBe(expected);
  });

  test.each([
    ["-o user", "Couldn't find PID field in ps output"],
    ["-o pid=X", "Couldn't find PID field in ps output"],
    ["-o user=PID", 'specifying "user=PID" is not allowed'],
    ["-o pid,colour", 'unknown user-defined format specifier "colour"'],
    ["-o", "format specification must follow -o"],
    ["-Z", 'the option "Z" is not known'],
    ["; id", '";" is not known'],
    ["-$(id)", "is not known"],
  ])("%p are refused: %s", (text, message) => {
    expect(() => parsePsArguments(text)).toThrow(message);
  });
});

const PROCESS: ProcessFacts = {
  pid: 42,
  ppid: 1,
  pgid: 42,
  sid: 42,
  state: "S",
  terminal: (136 << 8) | 3,
  foreground: 42,
  userTicks: 150,
  systemTicks: 50,
  priority: 20,
  nice: 0,
  threads: 2,
  startTicks: 1000,
  virtualBytes: 4096 * 10,
  residentPages: 5,
  processor: 1,
  policy: 0,
  name: "sh",
  commandLine: ["sh", "-c", "a\nb"],
  uids: { real: 1000, effective: 100_000, saved: 0 },
  gids: { real: 0, effective: 0, saved: 0 },
  lockedPages: false,
};

const CONTEXT: ProcessContext = {
  uptimeTicks: 2000,
  nowMs: Date.now(),
  memoryBytes: 4096 * 100,
  pageBytes: 4096,
  user: (id) => (id === 100_000 ? "root" : String(id)),
  group: String,
  userId: String,
  groupId: String,
};

test.each([
  ["user", "root"],
  ["ruser", "1000"],
  ["c", "20"],
  ["%cpu", "20.0"],
  ["%mem", "5.0"],
  ["vsz", "40"],
  ["rss", "20"],
  ["sz", "10"],
  ["tty", "pts/3"],
  ["stat", "Ssl+"],
  ["time", "00:00:02"],
  ["bsdtime", "0:02"],
  ["etime", "00:10"],
  ["etimes", "10"],
  ["args", "sh -c a?b"],
])("the column %p shows %p", (name, expected) => {
  expect(COLUMNS.get(name)?.show(PROCESS, CONTEXT)).toBe(expected);
});

test("a process without a command line is shown by its name", () => {
  const args = COLUMNS.get("args");
  expect(args?.show({ ...PROCESS, commandLine: [] }, CONTEXT)).toBe("[sh]");
  expect(args?.show({ ...PROCESS, commandLine: [], state: "Z" }, CONTEXT)).toBe("[sh] <defunct>");
  expect(COLUMNS.get("tty")?.show({ ...PROCESS, terminal: 0 }, CONTEXT)).toBe("?");
});

test("times are as ps has them", () => {
  const day = 24 * 60 * 60 * 100;
  expect([formatTicks(day + 6100), formatBsdTime(day + 6100)]).toEqual(["1-00:01:01", "1441:01"]);
  expect([formatElapsed(day), formatElapsed(360_000), formatElapsed(50)]).toEqual([
    "1-00:00:00",
    "01:00:00",
    "00:00",
  ]);
  const now = new Date(2026, 5, 15, 12, 34).getTime();
  const started = (ticksAgo: number) => formatStart({ ...PROCESS, startTicks: 0 }, now, ticksAgo);
  expect([started(60 * 100), started(3 * day), started(400 * day)]).toEqual([
    "12:33",
    "Jun12",
    "2025",
  ]);
});
