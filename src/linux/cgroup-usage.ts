// What the processes of a cgroup have used. cgroup-v1/ and cgroup-v2.rst

import type { BlockIoEntry, CpuUsage, MemoryEnd, ResourceUsage } from "../base/resource-usage.ts";
import { controllerDirectory, parseLimit, parsePairs, readControl } from "./cgroup-files.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";

/** Reads a file of a controller; empty where there is none. */
type Read = (controller: string, file: string) => string;

/** USER_HZ, in which the kernel tells times to programs: 100 on every machine that this runs on. */
const NS_PER_TICK = 10_000_000;
const NS_PER_US = 1000;

/** v1's way to say "no limit": the largest whole number of pages. */
const V1_UNLIMITED = 0x7fff_ffff_0000_0000;

/** What has been used so far. All is 0 where the cgroup is gone. */
export function readCgroupUsage(layout: CgroupLayout, path: string): ResourceUsage {
  const read: Read = (controller, file) => {
    const directory = controllerDirectory(layout, path, controller);
    return directory === undefined ? "" : readControl(`${directory}/${file}`);
  };
  return layout.version === "2" ? readV2(read) : readV1(read);
}

/** What is to be told of memory when the processes have ended, and before the cgroup goes. */
export function readMemoryEnd(layout: CgroupLayout, path: string): MemoryEnd {
  const directory = controllerDirectory(layout, path, "memory");
  const read = (file: string) => readControl(`${directory}/${file}`);
  const isV2 = layout.version === "2";
  const events = parsePairs(read(isV2 ? "memory.events" : "memory.oom_control"));
  const limitBytes = isV2
    ? parseLimit(read("memory.max"))
    : parseV1Limit(read("memory.limit_in_bytes"));
  const peakBytes = parseLimit(read(isV2 ? "memory.peak" : "memory.max_usage_in_bytes"));
  return {
    oomKills: events["oom_kill"] ?? 0,
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(peakBytes === undefined ? {} : { peakBytes }),
  };
}

function readV1(read: Read): ResourceUsage {
  return {
    version: "1",
    cpu: readCpuV1(read),
    memory: {
      bytes: Number(read("memory", "memory.usage_in_bytes")),
      peakBytes: parseLimit(read("memory", "memory.max_usage_in_bytes")),
      limitBytes: parseV1Limit(read("memory", "memory.limit_in_bytes")),
      failures: Number(read("memory", "memory.failcnt")),
      stats: parsePairs(read("memory", "memory.stat")),
    },
    pids: readPids(read),
    blockIo: {
      bytes: parseBlkio(read("blkio", "blkio.throttle.io_service_bytes_recursive")),
      operations: parseBlkio(read("blkio", "blkio.throttle.io_serviced_recursive")),
    },
  };
}

function readV2(read: Read): ResourceUsage {
  const events = parsePairs(read("memory", "memory.events"));
  return {
    version: "2",
    cpu: parseCpuStat(read("cpu", "cpu.stat")),
    memory: {
      bytes: Number(read("memory", "memory.current")),
      peakBytes: parseLimit(read("memory", "memory.peak")),
      limitBytes: parseLimit(read("memory", "memory.max")),
      failures: events["oom"] ?? 0,
      stats: parsePairs(read("memory", "memory.stat")),
    },
    pids: readPids(read),
    blockIo: { bytes: parseIoStat(read("io", "io.stat")) },
  };
}

function readCpuV1(read: Read): CpuUsage {
  const { user = 0, system = 0 } = parsePairs(read("cpuacct", "cpuacct.stat"));
  const throttling = parsePairs(read("cpu", "cpu.stat"));
  const perCpuNs = read("cpuacct", "cpuacct.usage_percpu").split(/\s+/).filter(Boolean).map(Number);
  return {
    totalNs: Number(read("cpuacct", "cpuacct.usage")),
    userNs: user * NS_PER_TICK,
    systemNs: system * NS_PER_TICK,
    perCpuNs,
    periods: throttling["nr_periods"] ?? 0,
    throttledPeriods: throttling["nr_throttled"] ?? 0,
    throttledNs: throttling["throttled_time"] ?? 0,
  };
}

/** v2's `cpu.stat`, which counts microseconds. */
export function parseCpuStat(text: string): CpuUsage {
  const found = parsePairs(text);
  const ns = (name: string) => (found[name] ?? 0) * NS_PER_US;
  return {
    totalNs: ns("usage_usec"),
    userNs: ns("user_usec"),
    systemNs: ns("system_usec"),
    periods: found["nr_periods"] ?? 0,
    throttledPeriods: found["nr_throttled"] ?? 0,
    throttledNs: ns("throttled_usec"),
  };
}

function readPids(read: Read): ResourceUsage["pids"] {
  return {
    current: Number(read("pids", "pids.current")),
    limit: parseLimit(read("pids", "pids.max")),
  };
}

function parseV1Limit(text: string): number | undefined {
  const bytes = parseLimit(text);
  return bytes === undefined || bytes >= V1_UNLIMITED ? undefined : bytes;
}

/** v1: `8:16 Read 1024`, and a total without a device. */
export function parseBlkio(text: string): readonly BlockIoEntry[] {
  const lines = text.matchAll(/^(\d+):(\d+) (\w+) (\d+)$/gm);
  return [...lines].map(([, major, minor, op = "", value]) => ({
    major: Number(major),
    minor: Number(minor),
    op,
    value: Number(value),
  }));
}

/** v2: `8:16 rbytes=1024 wbytes=0 rios=1 wios=0 dbytes=0 dios=0`. */
export function parseIoStat(text: string): readonly BlockIoEntry[] {
  const lines = text.matchAll(/^(\d+):(\d+) .*?rbytes=(\d+) wbytes=(\d+)/gm);
  return [...lines].flatMap(([, major, minor, read, written]) => {
    const device = { major: Number(major), minor: Number(minor) };
    return [
      { ...device, op: "read", value: Number(read) },
      { ...device, op: "write", value: Number(written) },
    ];
  });
}
