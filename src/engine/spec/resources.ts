import { EngineError } from "../../base/errors.ts";
import type { BlockIo, CpuLimits, MemoryLimits, Resources } from "../../oci/runtime-spec.ts";
import type { HostFacts, LimitName } from "../host-facts.ts";

type Limits = Omit<Resources, "devices">;

/** Limits that this host can hold, and what the user is told of those that it cannot. */
export interface FittedResources {
  readonly resources: Limits;
  readonly warnings: readonly string[];
}

const MIN_MEMORY_BYTES = 6 * 1024 * 1024;
const MISSING = "Your kernel does not support";
const OR_MOUNT = "or the cgroup is not mounted.";

/** Docker's words for each limit that is left out because the kernel does not have it. */
const WARNING: Readonly<Record<LimitName, string>> = {
  memory: `${MISSING} memory limit capabilities ${OR_MOUNT} Limitation discarded.`,
  swap: `${MISSING} swap limit capabilities ${OR_MOUNT} Memory limited without swap.`,
  memoryReservation: `${MISSING} memory soft limit capabilities ${OR_MOUNT} Limitation discarded.`,
  swappiness: `${MISSING} memory swappiness capabilities ${OR_MOUNT} Memory swappiness discarded.`,
  oomKillDisable: `${MISSING} OomKillDisable. OomKillDisable discarded.`,
  cpuShares: `${MISSING} CPU shares ${OR_MOUNT} Shares discarded.`,
  cpuQuota: `${MISSING} CPU CFS quota ${OR_MOUNT} Quota discarded.`,
  cpuRealtime: `${MISSING} CPU real-time runtime ${OR_MOUNT} Runtime discarded.`,
  cpuset: `${MISSING} cpuset ${OR_MOUNT} Cpuset discarded.`,
  pids: `${MISSING} PIDs limit capabilities ${OR_MOUNT} PIDs limit discarded.`,
  blkioWeight: `${MISSING} Block I/O weight ${OR_MOUNT} Weight discarded.`,
  blkioThrottle: `${MISSING} BPS Block I/O throttling ${OR_MOUNT} Throttling discarded.`,
};

/** Checks limits against the host, fills in what Docker derives, and drops what the kernel lacks. */
export function fitResources(asked: Limits, host: HostFacts): FittedResources {
  checkMemory(asked.memory ?? {}, host);
  checkCpu(asked.cpu ?? {}, host);
  const missing = new Set<LimitName>();
  const fits = (name: LimitName) => {
    if (host.limits[name] !== false) return true;
    missing.add(name);
    return false;
  };
  const resources = prune({
    ...asked,
    memory: fitMemory(asked.memory ?? {}, fits),
    cpu: fitCpu(asked.cpu ?? {}, fits),
    pids: asked.pids !== undefined && fits("pids") ? asked.pids : undefined,
    blockIO: fitBlockIo(asked.blockIO ?? {}, fits),
  });
  return { resources, warnings: [...missing].map((name) => WARNING[name]) };
}

type Fits = (name: LimitName) => boolean;

/** For each field, the limit that must be there. */
type Needs<Fields> = Readonly<Record<keyof Fields, LimitName>>;

const MEMORY_NEEDS: Needs<MemoryLimits> = {
  limit: "memory",
  reservation: "memoryReservation",
  swap: "swap",
  swappiness: "swappiness",
  disableOOMKiller: "oomKillDisable",
};

const CPU_NEEDS: Needs<CpuLimits> = {
  shares: "cpuShares",
  quota: "cpuQuota",
  period: "cpuQuota",
  realtimeRuntime: "cpuRealtime",
  realtimePeriod: "cpuRealtime",
  cpus: "cpuset",
  mems: "cpuset",
};

const BLOCK_NEEDS: Needs<BlockIo> = {
  weight: "blkioWeight",
  weightDevice: "blkioWeight",
  throttleReadBpsDevice: "blkioThrottle",
  throttleWriteBpsDevice: "blkioThrottle",
  throttleReadIOPSDevice: "blkioThrottle",
  throttleWriteIOPSDevice: "blkioThrottle",
};

function fitMemory(asked: MemoryLimits, fits: Fits): MemoryLimits | undefined {
  const kept = keepFitting(asked, MEMORY_NEEDS, fits);
  const { limit, swap } = kept ?? {};
  // Docker lets a container swap as much again as it may have in memory.
  if (limit === undefined || limit <= 0 || swap !== undefined || !fits("swap")) return kept;
  return { ...kept, swap: limit * 2 };
}

function fitCpu(asked: CpuLimits, fits: Fits): CpuLimits | undefined {
  return keepFitting(asked, CPU_NEEDS, fits);
}

function fitBlockIo(asked: BlockIo, fits: Fits): BlockIo | undefined {
  return keepFitting(asked, BLOCK_NEEDS, fits);
}

function keepFitting<Fields extends object>(
  asked: Fields,
  needs: Needs<Fields>,
  fits: Fits,
): Fields | undefined {
  // Most containers ask for nothing.
  if (Object.keys(asked).length === 0) return undefined;
  const entries = Object.entries(asked).filter(
    ([name, value]) => value !== undefined && fits(needs[name as keyof Fields]),
  );
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Fields);
}

function checkMemory({ limit = 0, reservation = 0, swap = 0 }: MemoryLimits, host: HostFacts) {
  if (limit > 0 && limit < MIN_MEMORY_BYTES) refuse("Minimum memory limit allowed is 6MB");
  if (swap > 0 && limit <= 0) {
    refuse("You should always set the Memory limit when using Memoryswap limit, see usage");
  }
  if (swap > 0 && swap < limit && host.limits.swap !== false) {
    refuse("Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (reservation > 0 && reservation < MIN_MEMORY_BYTES) {
    refuse("Minimum memory reservation allowed is 6MB");
  }
  if (limit > 0 && reservation > 0 && limit < reservation) {
    refuse("Minimum memory limit can not be less than memory reservation limit, see usage");
  }
}

function checkCpu({ quota = 0, period = 0, cpus = "" }: CpuLimits, host: HostFacts): void {
  if (period !== 0 && (period < 1000 || period > 1_000_000)) {
    refuse("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
  }
  if (quota > 0 && quota < 1000) refuse("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  checkCpuList(cpus, host.cpus);
}

function checkCpuList(text: string, cpus: number): void {
  if (text === "") return;
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) refuse(`Invalid value ${text} for cpuset cpus`);
  const highest = Math.max(...text.split(/[-,]/).map(Number));
  if (highest < cpus) return;
  const available = cpus === 1 ? "0" : `0-${cpus - 1}`;
  refuse(`Requested CPUs are not available - requested ${text}, available: ${available}`);
}

function refuse(message: string): never {
  throw new EngineError("invalid", message);
}

/** Without the fields that are undefined: they would read as asked for. */
function prune(limits: { readonly [Name in keyof Limits]: Limits[Name] | undefined }): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
