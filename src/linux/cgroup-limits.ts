// From OCI resources to what is written into the files of a cgroup. Pure.
// config-linux.md of the runtime specification; the kernel's cgroup-v1/ and cgroup-v2.rst

/** OCI resources, as far as files hold them; device rules are not among them. */
export interface CgroupLimits {
  readonly memory?: {
    readonly limit?: number;
    readonly reservation?: number;
    readonly swap?: number;
    readonly swappiness?: number;
    readonly disableOOMKiller?: boolean;
  };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly realtimeRuntime?: number;
    readonly realtimePeriod?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly blockIO?: BlockIoLimits;
  readonly unified?: Readonly<Record<string, string>>;
}

interface BlockIoLimits {
  readonly weight?: number;
  readonly weightDevice?: readonly { major: number; minor: number; weight: number }[];
  readonly throttleReadBpsDevice?: readonly DeviceRate[];
  readonly throttleWriteBpsDevice?: readonly DeviceRate[];
  readonly throttleReadIOPSDevice?: readonly DeviceRate[];
  readonly throttleWriteIOPSDevice?: readonly DeviceRate[];
}

interface DeviceRate {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** One write: the controller whose directory it is in (v1), the file, the text. */
export interface LimitWrite {
  readonly controller: string;
  readonly file: string;
  readonly text: string;
}

/** The writes for v1's hierarchies, in the order that the kernel wants them. */
export function planLimitsV1(limits: CgroupLimits): readonly LimitWrite[] {
  const { memory = {}, cpu = {}, pids, blockIO } = limits;
  return [
    ...write("memory", "memory.limit_in_bytes", memory.limit),
    ...write("memory", "memory.soft_limit_in_bytes", memory.reservation),
    // Must not be below the limit at any time: after it.
    ...write("memory", "memory.memsw.limit_in_bytes", memory.swap),
    ...write("memory", "memory.swappiness", memory.swappiness),
    ...write("memory", "memory.oom_control", memory.disableOOMKiller ? 1 : undefined),
    ...write("cpu", "cpu.shares", cpu.shares),
    ...write("cpu", "cpu.cfs_period_us", cpu.period),
    ...write("cpu", "cpu.cfs_quota_us", cpu.quota),
    ...write("cpu", "cpu.rt_period_us", cpu.realtimePeriod),
    ...write("cpu", "cpu.rt_runtime_us", cpu.realtimeRuntime),
    ...write("cpuset", "cpuset.cpus", cpu.cpus),
    ...write("cpuset", "cpuset.mems", cpu.mems),
    ...write("pids", "pids.max", pids === undefined ? undefined : pidsMax(pids.limit)),
    ...planBlockIoV1(blockIO),
  ];
}

/** The writes for v2's one directory. */
export function planLimitsV2(limits: CgroupLimits): readonly LimitWrite[] {
  const { memory = {}, cpu = {}, pids, blockIO, unified = {} } = limits;
  return [
    ...write("memory", "memory.max", unlimited(memory.limit)),
    ...write("memory", "memory.low", memory.reservation),
    ...write("memory", "memory.swap.max", swapOnly(memory)),
    ...write("cpu", "cpu.weight", cpu.shares === undefined ? undefined : toWeight(cpu.shares)),
    ...write("cpu", "cpu.max", cpuMax(cpu)),
    ...write("cpuset", "cpuset.cpus", cpu.cpus),
    ...write("cpuset", "cpuset.mems", cpu.mems),
    ...write("pids", "pids.max", pids === undefined ? undefined : pidsMax(pids.limit)),
    ...planBlockIoV2(blockIO),
    ...Object.entries(unified).flatMap(([file, text]) =>
      write(file.split(".", 1)[0] ?? "", file, text),
    ),
  ];
}

function write(
  controller: string,
  file: string,
  value: string | number | undefined,
): readonly LimitWrite[] {
  return value === undefined || value === "" ? [] : [{ controller, file, text: String(value) }];
}

// What the kernel can have at most, and so is no limit; it refuses more. PID_MAX_LIMIT in threads.h.
const MOST_PIDS = 4 * 1024 * 1024;

function pidsMax(limit: number): string {
  return limit > 0 && limit < MOST_PIDS ? String(limit) : "max";
}

function unlimited(bytes: number | undefined): string | number | undefined {
  return bytes === -1 ? "max" : bytes;
}

/** v1 and Docker count memory and swap together, v2 swap alone. */
function swapOnly({
  limit,
  swap,
}: NonNullable<CgroupLimits["memory"]>): string | number | undefined {
  if (swap === undefined || swap === -1) return unlimited(swap);
  return limit === undefined || limit === -1 ? swap : Math.max(0, swap - limit);
}

/** v1's 2 … 262144 onto v2's 1 … 10000, as runc and crun have it. */
export function toWeight(shares: number): number {
  const within = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((within - 2) * 9999) / 262_142);
}

/** v1's 10 … 1000 onto v2's 1 … 10000, as runc and crun have it. */
function toIoWeight(weight: number): number {
  const within = Math.min(Math.max(weight, 10), 1000);
  return 1 + Math.floor(((within - 10) * 9999) / 990);
}

function cpuMax({ quota, period }: NonNullable<CgroupLimits["cpu"]>): string | undefined {
  if (quota === undefined && period === undefined) return undefined;
  return `${quota === undefined || quota <= 0 ? "max" : quota} ${period ?? 100_000}`;
}

const THROTTLES = [
  ["throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps"],
  ["throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps"],
  ["throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops"],
  ["throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops"],
] as const;

function planBlockIoV1(limits: BlockIoLimits = {}): readonly LimitWrite[] {
  return [
    ...write("blkio", "blkio.weight", limits.weight),
    ...(limits.weightDevice ?? []).flatMap(({ major, minor, weight }) =>
      write("blkio", "blkio.weight_device", `${major}:${minor} ${weight}`),
    ),
    ...THROTTLES.flatMap(([key, file]) =>
      (limits[key] ?? []).flatMap(({ major, minor, rate }) =>
        write("blkio", file, `${major}:${minor} ${rate}`),
      ),
    ),
  ];
}

function planBlockIoV2(limits: BlockIoLimits = {}): readonly LimitWrite[] {
  return [
    ...write(
      "io",
      "io.weight",
      limits.weight === undefined ? undefined : toIoWeight(limits.weight),
    ),
    ...(limits.weightDevice ?? []).flatMap(({ major, minor, weight }) =>
      write("io", "io.weight", `${major}:${minor} ${toIoWeight(weight)}`),
    ),
    ...THROTTLES.flatMap(([key, , name]) =>
      (limits[key] ?? []).flatMap(({ major, minor, rate }) =>
        write("io", "io.max", `${major}:${minor} ${name}=${rate}`),
      ),
    ),
  ];
}
