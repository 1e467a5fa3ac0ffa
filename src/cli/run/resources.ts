import type { ContainerFlags } from "./container-flags.ts";
import type { Devices } from "./devices.ts";

const NOT_GIVEN = -1;

/** Docker's Resources: the part of HostConfig that limits. */
export function toResources(flags: ContainerFlags, devices: Devices) {
  return {
    ...toProcessor(flags),
    ...toMemory(flags),
    ...toBlockIo(flags),
    CgroupParent: flags["cgroup-parent"],
    PidsLimit: flags["pids-limit"],
    OomScoreAdj: flags["oom-score-adj"],
    OomKillDisable: flags["oom-kill-disable"],
    Ulimits: [...flags.ulimit].sort((a, b) => (a.Name < b.Name ? -1 : 1)),
    Devices: devices.mappings,
    DeviceCgroupRules: flags["device-cgroup-rule"],
    DeviceRequests: [
      ...flags.gpus,
      ...(devices.cdiNames.length === 0 ? [] : [{ Driver: "cdi", DeviceIDs: devices.cdiNames }]),
    ],
  };
}

function toProcessor(flags: ContainerFlags) {
  return {
    NanoCpus: flags.cpus,
    CpuShares: flags["cpu-shares"],
    CpuPeriod: flags["cpu-period"],
    CpuQuota: flags["cpu-quota"],
    CpuRealtimePeriod: flags["cpu-rt-period"],
    CpuRealtimeRuntime: flags["cpu-rt-runtime"],
    CpusetCpus: flags["cpuset-cpus"],
    CpusetMems: flags["cpuset-mems"],
    CpuCount: flags["cpu-count"],
    CpuPercent: flags["cpu-percent"],
  };
}

function toMemory(flags: ContainerFlags) {
  const swappiness = flags["memory-swappiness"];
  if (swappiness !== NOT_GIVEN && (swappiness < 0 || swappiness > 100)) {
    throw new Error(`invalid value: ${swappiness}. Valid memory swappiness range is 0-100`);
  }
  return {
    Memory: flags.memory,
    MemoryReservation: flags["memory-reservation"],
    MemorySwap: flags["memory-swap"],
    MemorySwappiness: swappiness,
    KernelMemory: flags["kernel-memory"],
  };
}

function toBlockIo(flags: ContainerFlags) {
  return {
    BlkioWeight: flags["blkio-weight"],
    BlkioWeightDevice: flags["blkio-weight-device"],
    BlkioDeviceReadBps: flags["device-read-bps"],
    BlkioDeviceWriteBps: flags["device-write-bps"],
    BlkioDeviceReadIOps: flags["device-read-iops"],
    BlkioDeviceWriteIOps: flags["device-write-iops"],
    IOMaximumIOps: flags["io-maxiops"],
    IOMaximumBandwidth: flags["io-maxbandwidth"],
  };
}
