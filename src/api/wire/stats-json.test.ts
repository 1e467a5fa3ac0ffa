import { expect, test } from "bun:test";
import type { ResourceUsage } from "../../base/resource-usage.ts";
import { NEVER } from "../../base/time.ts";
import type { StatsSample } from "../../engine/control-facade.ts";
import { toStatsJson } from "./stats-json.ts";

const ENTRY = { major: 8, minor: 0, op: "Read", value: 5 };

const V1: ResourceUsage = {
  version: "1",
  cpu: {
    totalNs: 10,
    userNs: 4,
    systemNs: 6,
    perCpuNs: [3, 7],
    periods: 1,
    throttledPeriods: 2,
    throttledNs: 3,
  },
  memory: {
    bytes: 50,
    peakBytes: 60,
    limitBytes: undefined,
    failures: 0,
    stats: { total_inactive_file: 9 },
  },
  pids: { current: 2, limit: undefined },
  blockIo: { bytes: [ENTRY], operations: [] },
};

const { perCpuNs: _, ...cpu } = V1.cpu;
const V2: ResourceUsage = {
  version: "2",
  cpu,
  memory: { ...V1.memory, limitBytes: 70, failures: 3, stats: { inactive_file: 8 } },
  pids: { current: 2, limit: 5 },
  blockIo: { bytes: [ENTRY] },
};

function sample(usage: ResourceUsage): StatsSample {
  const host = { totalNs: 1000, online: 2, memoryBytes: 100 };
  const counted = {
    rxBytes: 1,
    rxPackets: 2,
    rxErrors: 3,
    rxDropped: 4,
    txBytes: 5,
    txPackets: 6,
    txErrors: 7,
    txDropped: 8,
  };
  return { readAt: "2026-01-01T00:00:00Z", usage, host, networks: { eth0: counted } };
}

test("of v1 there is what a processor did, the peak, and what the host has for a limit", () => {
  const json = toStatsJson({ id: "1", name: "web", sample: sample(V1), previous: sample(V1) });

  expect(json).toMatchObject({ id: "1", name: "/web", pids_stats: { current: 2 } });
  expect(json.cpu_stats).toEqual({
    cpu_usage: {
      total_usage: 10,
      percpu_usage: [3, 7],
      usage_in_kernelmode: 6,
      usage_in_usermode: 4,
    },
    system_cpu_usage: 1000,
    online_cpus: 2,
    throttling_data: { periods: 1, throttled_periods: 2, throttled_time: 3 },
  });
  expect(json.precpu_stats).toEqual(json.cpu_stats);
  expect(json.memory_stats).toEqual({
    usage: 50,
    max_usage: 60,
    stats: { total_inactive_file: 9 },
    limit: 100,
  });
  expect(json.blkio_stats).toMatchObject({
    io_service_bytes_recursive: [ENTRY],
    io_serviced_recursive: [],
    sectors_recursive: [],
  });
  expect(json.networks?.["eth0"]).toMatchObject({ rx_bytes: 1, rx_dropped: 4, tx_dropped: 8 });
});

test("of v2 there is no peak, and what it does not count is null", () => {
  const json = toStatsJson({ id: "1", name: "web", sample: sample(V2) });

  expect(json.memory_stats).toEqual({
    usage: 50,
    stats: { inactive_file: 8 },
    failcnt: 3,
    limit: 70,
  });
  expect(json.cpu_stats.cpu_usage).not.toHaveProperty("percpu_usage");
  expect(json.blkio_stats).toMatchObject({ io_serviced_recursive: null, sectors_recursive: null });
  expect(json.pids_stats).toEqual({ current: 2, limit: 5 });
  expect(json.preread).toBe(NEVER);
  expect(json.precpu_stats).not.toHaveProperty("system_cpu_usage");
});

test("of a container that does not run there are zeros", () => {
  const json = toStatsJson({ id: "1", name: "web" });

  expect(json).toMatchObject({
    id: "1",
    name: "/web",
    read: NEVER,
    memory_stats: {},
    pids_stats: {},
  });
  expect(json.cpu_stats.cpu_usage.total_usage).toBe(0);
  expect(json).not.toHaveProperty("networks");
});
