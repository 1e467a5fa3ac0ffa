import { expect, test } from "bun:test";
import { parseProcess, readProcess, readUptimeTicks } from "./process-table.ts";

const STATUS = "Name:\tx\nUid:\t1000\t1001\t1002\t1003\nGid:\t5\t6\t7\t8\nVmLck:\t       4 kB\n";

test("parseProcess() reads the numbers behind a name with blanks and brackets", () => {
  const numbers = "7 8 9 34816 8 4194304 0 0 0 0 11 12 0 0 39 19 3 0 456 1048576 25 0".split(" ");
  const rest = "0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 2 0".split(" ");
  const stat = `42 (a) R (b) S ${[...numbers, ...rest].join(" ")}`;
  const found = parseProcess({ stat, status: STATUS, commandLine: "sh\0-c\0a b\0\0" });

  expect(found).toMatchObject({ pid: 42, name: "a) R (b", state: "S", ppid: 7, pgid: 8, sid: 9 });
  expect(found).toMatchObject({ terminal: 34_816, userTicks: 11, systemTicks: 12, nice: 19 });
  expect(found).toMatchObject({ threads: 3, startTicks: 456, residentPages: 25 });
  expect(found.commandLine).toEqual(["sh", "-c", "a b", ""]);
  expect([found.uids, found.gids]).toEqual([
    { real: 1000, effective: 1001, saved: 1002 },
    { real: 5, effective: 6, saved: 7 },
  ]);
  expect(found.lockedPages).toBe(true);
});

test("readProcess() finds this one, and none where none is", () => {
  const own = readProcess(process.pid);
  expect(own).toMatchObject({ pid: process.pid, ppid: process.ppid });
  expect(own?.startTicks).toBeLessThanOrEqual(readUptimeTicks());
  expect(readProcess(0x7fff_fff0)).toBeUndefined();
});
