import { expect, test } from "bun:test";
import { parseBlkio, parseCpuStat, parseIoStat } from "./cgroup-usage.ts";

test("parseBlkio() reads v1's lines, and leaves the total out", () => {
  const text = "8:0 Read 4096\n8:0 Write 0\n8:0 Total 4096\n253:1 Async 7\nTotal 4103\n";
  expect(parseBlkio(text)).toEqual([
    { major: 8, minor: 0, op: "Read", value: 4096 },
    { major: 8, minor: 0, op: "Write", value: 0 },
    { major: 8, minor: 0, op: "Total", value: 4096 },
    { major: 253, minor: 1, op: "Async", value: 7 },
  ]);
});

test("parseIoStat() reads v2's lines, those of devices without numbers too", () => {
  const text = "7:0 \n8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n";
  expect(parseIoStat(text)).toEqual([
    { major: 8, minor: 16, op: "read", value: 1_459_200 },
    { major: 8, minor: 16, op: "write", value: 314_773_504 },
  ]);
});

test("parseCpuStat() counts nanoseconds", () => {
  const text =
    "usage_usec 12\nuser_usec 5\nsystem_usec 7\nnr_periods 3\nnr_throttled 2\nthrottled_usec 9\n";
  expect(parseCpuStat(text)).toEqual({
    totalNs: 12_000,
    userNs: 5000,
    systemNs: 7000,
    periods: 3,
    throttledPeriods: 2,
    throttledNs: 9000,
  });
});

test("a cgroup that is gone has used nothing", () => {
  expect(parseCpuStat("")).toMatchObject({ totalNs: 0, throttledNs: 0 });
  expect([...parseBlkio(""), ...parseIoStat("")]).toEqual([]);
});
