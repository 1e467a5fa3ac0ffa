import { expect, test } from "bun:test";
import { type CgroupLimits, planLimitsV1, planLimitsV2, toWeight } from "./cgroup-limits.ts";

type Lines = readonly string[];

const DEVICE = { major: 8, minor: 16 } as const;

// A request, and what is written for it: on v1, on v2.
const CASES: readonly [CgroupLimits, Lines, Lines][] = [
  [{}, [], []],
  [{ memory: { limit: 1000 } }, ["memory.limit_in_bytes 1000"], ["memory.max 1000"]],
  [{ memory: { limit: -1 } }, ["memory.limit_in_bytes -1"], ["memory.max max"]],
  [{ memory: { reservation: 7 } }, ["memory.soft_limit_in_bytes 7"], ["memory.low 7"]],
  [
    { memory: { limit: 1000, swap: 3000 } },
    ["memory.limit_in_bytes 1000", "memory.memsw.limit_in_bytes 3000"],
    ["memory.max 1000", "memory.swap.max 2000"],
  ],
  [
    { memory: { limit: 1000, swap: 1000 } },
    ["memory.limit_in_bytes 1000", "memory.memsw.limit_in_bytes 1000"],
    ["memory.max 1000", "memory.swap.max 0"],
  ],
  [
    { memory: { limit: 1000, swap: -1 } },
    ["memory.limit_in_bytes 1000", "memory.memsw.limit_in_bytes -1"],
    ["memory.max 1000", "memory.swap.max max"],
  ],
  [
    { memory: { swappiness: 0, disableOOMKiller: true } },
    ["memory.swappiness 0", "memory.oom_control 1"],
    [],
  ],
  [{ memory: { disableOOMKiller: false } }, [], []],
  [{ cpu: { shares: 1024 } }, ["cpu.shares 1024"], ["cpu.weight 39"]],
  [
    { cpu: { quota: 50_000, period: 25_000 } },
    ["cpu.cfs_period_us 25000", "cpu.cfs_quota_us 50000"],
    ["cpu.max 50000 25000"],
  ],
  [{ cpu: { quota: 50_000 } }, ["cpu.cfs_quota_us 50000"], ["cpu.max 50000 100000"]],
  [{ cpu: { period: 50_000 } }, ["cpu.cfs_period_us 50000"], ["cpu.max max 50000"]],
  [{ cpu: { quota: -1 } }, ["cpu.cfs_quota_us -1"], ["cpu.max max 100000"]],
  [
    { cpu: { realtimePeriod: 10, realtimeRuntime: 5 } },
    ["cpu.rt_period_us 10", "cpu.rt_runtime_us 5"],
    [],
  ],
  [
    { cpu: { cpus: "0-1", mems: "0" } },
    ["cpuset.cpus 0-1", "cpuset.mems 0"],
    ["cpuset.cpus 0-1", "cpuset.mems 0"],
  ],
  [{ cpu: { cpus: "", mems: "" } }, [], []],
  [{ pids: { limit: 5 } }, ["pids.max 5"], ["pids.max 5"]],
  [{ pids: { limit: 0 } }, ["pids.max max"], ["pids.max max"]],
  [{ pids: { limit: 2 ** 53 } }, ["pids.max max"], ["pids.max max"]],
  [{ pids: { limit: -1 } }, ["pids.max max"], ["pids.max max"]],
  [
    {
      blockIO: {
        weight: 300,
        weightDevice: [{ ...DEVICE, weight: 200 }],
        throttleReadBpsDevice: [{ ...DEVICE, rate: 1 }],
        throttleWriteBpsDevice: [{ ...DEVICE, rate: 2 }],
        throttleReadIOPSDevice: [{ ...DEVICE, rate: 3 }],
        throttleWriteIOPSDevice: [{ ...DEVICE, rate: 4 }],
      },
    },
    [
      "blkio.weight 300",
      "blkio.weight_device 8:16 200",
      "blkio.throttle.read_bps_device 8:16 1",
      "blkio.throttle.write_bps_device 8:16 2",
      "blkio.throttle.read_iops_device 8:16 3",
      "blkio.throttle.write_iops_device 8:16 4",
    ],
    [
      "io.weight 2930",
      "io.weight 8:16 1920",
      "io.max 8:16 rbps=1",
      "io.max 8:16 wbps=2",
      "io.max 8:16 riops=3",
      "io.max 8:16 wiops=4",
    ],
  ],
  [{ unified: { "memory.high": "900" } }, [], ["memory.high 900"]],
];

test.each(CASES)("%p is written as it is on v1 and on v2", (limits, v1, v2) => {
  expect(planLimitsV1(limits).map(({ file, text }) => `${file} ${text}`)).toEqual([...v1]);
  expect(planLimitsV2(limits).map(({ file, text }) => `${file} ${text}`)).toEqual([...v2]);
});

test("each write names the controller whose hierarchy has the file", () => {
  const everything = Object.assign({}, ...CASES.map(([limits]) => limits));

  for (const { controller, file } of [...planLimitsV1(everything), ...planLimitsV2(everything)]) {
    expect(file.startsWith(`${controller}.`)).toBe(true);
  }
});

test.each([
  [0, 1],
  [2, 1],
  [1024, 39],
  [262_144, 10_000],
  [1_000_000, 10_000],
])("%d shares are a weight of %d", (shares, weight) => {
  expect(toWeight(shares)).toBe(weight);
});
