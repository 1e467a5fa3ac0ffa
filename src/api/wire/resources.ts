import { statSync } from "node:fs";
import { countCpus } from "../../base/cpu-list.ts";
import { EngineError } from "../../base/errors.ts";
import type { HostOptions } from "../../engine/model.ts";
import type { BlockIo, CpuLimits, MemoryLimits, Rlimit, Throttle } from "../../oci/runtime-spec.ts";
import type { Fields } from "./fields.ts";

const ULIMITS: ReadonlySet<string> = new Set(
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
    " ",
  ),
);
const NANO = 1e9;
const PERIOD_US = 100_000;

/** The limits in HostConfig. A zero stands for what was not set. */
export function decodeResources(host: Fields): HostOptions["resources"] {
  const [memory, cpu, blockIO] = [decodeMemory(host), decodeCpu(host), decodeBlockIo(host)];
  const pids = host.integer("PidsLimit");
  return {
    ...(isEmpty(memory) ? {} : { memory }),
    ...(isEmpty(cpu) ? {} : { cpu }),
    ...(isEmpty(blockIO) ? {} : { blockIO }),
    // Docker takes 0 and every negative number for no limit.
    ...(pids > 0 ? { pids: { limit: pids } } : {}),
  };
}

/** `--ulimit`s, with the names that the OCI specification has for them. */
export function decodeUlimits(host: Fields): readonly Rlimit[] {
  return host.children("Ulimits").map((ulimit) => {
    const [soft, hard] = [ulimit.integer("Soft"), ulimit.integer("Hard")];
    if (hard !== -1 && (soft > hard || soft === -1)) {
      throw invalid(
        `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
      );
    }
    const name = ulimit.text("Name");
    if (!ULIMITS.has(name.toLowerCase())) throw invalid(`invalid ulimit type: ${name}`);
    return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
  });
}

function decodeMemory(host: Fields): MemoryLimits {
  const limit = host.integer("Memory");
  if (limit < 0) throw invalid("Minimum memory limit allowed is 6MB");
  const swappiness = host.findInteger("MemorySwappiness") ?? -1;
  if (swappiness < -1 || swappiness > 100) {
    throw invalid(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  return {
    ...nonZero("limit", limit),
    ...nonZero("reservation", host.integer("MemoryReservation")),
    ...nonZero("swap", host.integer("MemorySwap")),
    ...(swappiness === -1 ? {} : { swappiness }),
    ...(host.flag("OomKillDisable") ? { disableOOMKiller: true } : {}),
  };
}

function decodeCpu(host: Fields): CpuLimits {
  const cpus = checkSet("cpus", host.text("CpusetCpus"));
  const mems = checkSet("mems", host.text("CpusetMems"));
  return {
    ...nonZero("shares", host.integer("CpuShares")),
    ...nonZero("quota", host.integer("CpuQuota")),
    ...nonZero("period", host.integer("CpuPeriod")),
    ...nonZero("realtimeRuntime", host.integer("CpuRealtimeRuntime")),
    ...nonZero("realtimePeriod", host.integer("CpuRealtimePeriod")),
    ...(cpus === "" ? {} : { cpus }),
    ...(mems === "" ? {} : { mems }),
    ...decodeNanoCpus(host),
  };
}

const SET = /^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$/;

/** Numbers and ranges such as `0-2,7`. The text is Docker's. */
function checkSet(what: "cpus" | "mems", text: string): string {
  if (text === "" || SET.test(text)) return text;
  throw new EngineError("invalid", `Invalid value ${text} for cpuset ${what}`);
}

function decodeNanoCpus(host: Fields): CpuLimits {
  const nanos = host.integer("NanoCpus");
  if (nanos === 0) return {};
  for (const [field, name] of [
    ["CpuPeriod", "CPU Period"],
    ["CpuQuota", "CPU Quota"],
  ] as const) {
    if (host.integer(field) === 0) continue;
    throw invalid(`Conflicting options: Nano CPUs and ${name} cannot both be set`);
  }
  const available = countCpus();
  if (nanos < 0 || nanos > available * NANO) {
    throw invalid(
      `range of CPUs is from 0.01 to ${available}.00, as there are only ${available} CPUs available`,
    );
  }
  return { quota: Math.floor((nanos * PERIOD_US) / NANO), period: PERIOD_US };
}

function decodeBlockIo(host: Fields): BlockIo {
  const weight = host.integer("BlkioWeight");
  if (weight !== 0 && (weight < 10 || weight > 1000)) {
    throw invalid("Range of blkio weight is from 10 to 1000");
  }
  const lists = {
    weightDevice: host.children("BlkioWeightDevice").map((device) => ({
      ...deviceNumbers(device.text("Path")),
      weight: device.integer("Weight"),
    })),
    throttleReadBpsDevice: decodeThrottles(host, "BlkioDeviceReadBps"),
    throttleWriteBpsDevice: decodeThrottles(host, "BlkioDeviceWriteBps"),
    throttleReadIOPSDevice: decodeThrottles(host, "BlkioDeviceReadIOps"),
    throttleWriteIOPSDevice: decodeThrottles(host, "BlkioDeviceWriteIOps"),
  };
  const filled = Object.entries(lists).filter(([, devices]) => !isEmpty(devices));
  return { ...nonZero("weight", weight), ...(Object.fromEntries(filled) as Partial<typeof lists>) };
}

function decodeThrottles(host: Fields, field: string): readonly Throttle[] {
  return host
    .children(field)
    .map((device) => ({ ...deviceNumbers(device.text("Path")), rate: device.integer("Rate") }));
}

/** A block device goes into the kernel's files by its numbers, and Docker's requests have its path. */
function deviceNumbers(path: string): { major: number; minor: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw invalid(`${path}: no such file or directory`);
  if (!found.isBlockDevice()) throw invalid(`${path}: not a block device`);
  // makedev(3), as glibc packs them.
  const device = BigInt(found.rdev);
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function nonZero<Name extends string>(name: Name, value: number): Partial<Record<Name, number>> {
  return value === 0 ? {} : ({ [name]: value } as Record<Name, number>);
}

function isEmpty(value: object): boolean {
  return Object.keys(value).length === 0;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
