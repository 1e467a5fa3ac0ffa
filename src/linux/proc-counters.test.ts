import { expect, test } from "bun:test";
import { cpus } from "node:os";
import { parseHostCpu, parseNetworkCounters, readHostCpu } from "./proc-counters.ts";

test("parseHostCpu() counts what Docker counts, in nanoseconds", () => {
  const text = "cpu  10 1 20 300 4 0 5 99 7 8\ncpu0 1 1\ncpu1 1 1\nintr 8\n";
  expect(parseHostCpu(text)).toEqual({ totalNs: 3_400_000_000, online: 2 });
});

test("readHostCpu() finds this host's processors", () => {
  expect(readHostCpu().online).toBe(cpus().length);
});

test("parseNetworkCounters() reads each interface, also one with a colon in its name", () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
eth0:1:    1010      13    1    2    0     0          0         0      520       6    3    4    0     0       0          0
`;
  const found = parseNetworkCounters(text);
  expect(Object.keys(found)).toEqual(["lo", "eth0:1"]);
  expect(found["eth0:1"]).toEqual({
    rxBytes: 1010,
    rxPackets: 13,
    rxErrors: 1,
    rxDropped: 2,
    txBytes: 520,
    txPackets: 6,
    txErrors: 3,
    txDropped: 4,
  });
  expect(parseNetworkCounters("")).toEqual({});
});
