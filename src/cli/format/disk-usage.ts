import type { BuildCacheUsage, DiskUsage, VolumeSummary } from "../../client/wire.ts";
import type { Row, RowFormat } from "./print-rows.ts";
import { formatSize } from "./units.ts";

/** How `system df` shows what takes room. */
export const DISK_USAGE_FORMAT: RowFormat = {
  headings: {
    Type: "TYPE",
    TotalCount: "TOTAL",
    Active: "ACTIVE",
    Size: "SIZE",
    Reclaimable: "RECLAIMABLE",
  },
  columns: ["Type", "TotalCount", "Active", "Size", "Reclaimable"],
};

/** One row for each kind of thing. */
export function toDiskUsageRows(usage: DiskUsage): readonly Row[] {
  return [
    toRow("Images", measureImages(usage)),
    toRow("Containers", measureContainers(usage)),
    toRow("Local Volumes", measureVolumes(usage.Volumes ?? [])),
    toRow("Build Cache", measureCache(usage.BuildCache ?? [])),
  ];
}

interface Measure {
  readonly total: number;
  readonly active: number;
  readonly sizeBytes: number;
  readonly reclaimableBytes: number;
  /** A share of the whole is told too. */
  readonly share: boolean;
}

function toRow(type: string, measure: Measure): Row {
  const { total, active, sizeBytes, reclaimableBytes, share } = measure;
  const percent = Math.trunc((reclaimableBytes * 100) / sizeBytes);
  const part = share && sizeBytes > 0 ? ` (${percent}%)` : "";
  return {
    Type: type,
    TotalCount: String(total),
    Active: String(active),
    Size: formatSize(sizeBytes),
    Reclaimable: formatSize(reclaimableBytes) + part,
  };
}

/** What an image shares with others is freed only with the last of them, so it counts as unused. */
function measureImages({ Images, LayersSize = 0 }: DiskUsage): Measure {
  const images = Images ?? [];
  const used = images.filter(({ Containers = -1, Size, SharedSize = -1 }) => {
    return Containers !== 0 && Size !== -1 && SharedSize !== -1;
  });
  const usedBytes = sum(used.map(({ Size, SharedSize = 0 }) => Size - SharedSize));
  return {
    total: images.length,
    active: images.filter(({ Containers = -1 }) => Containers > 0).length,
    sizeBytes: LayersSize,
    reclaimableBytes: LayersSize - usedBytes,
    share: true,
  };
}

const ACTIVE_STATES = ["running", "paused", "restarting"];

function measureContainers({ Containers }: DiskUsage): Measure {
  const containers = Containers ?? [];
  const idle = containers.filter(({ State }) => !ACTIVE_STATES.includes(State));
  return {
    total: containers.length,
    active: containers.length - idle.length,
    sizeBytes: sum(containers.map(({ SizeRw = 0 }) => SizeRw)),
    reclaimableBytes: sum(idle.map(({ SizeRw = 0 }) => SizeRw)),
    share: true,
  };
}

function measureVolumes(volumes: readonly VolumeSummary[]): Measure {
  const idle = volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) === 0);
  const bytes = (some: readonly VolumeSummary[]) =>
    sum(some.map(({ UsageData }) => Math.max(0, UsageData?.Size ?? 0)));
  return {
    total: volumes.length,
    active: volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0).length,
    sizeBytes: bytes(volumes),
    reclaimableBytes: bytes(idle),
    share: true,
  };
}

function measureCache(cache: readonly BuildCacheUsage[]): Measure {
  const sizeBytes = cacheBytes(cache);
  return {
    total: cache.length,
    active: cache.filter(({ InUse }) => InUse).length,
    sizeBytes,
    reclaimableBytes: sizeBytes - cacheBytes(cache.filter(({ InUse }) => InUse)),
    share: false,
  };
}

/** What a record shares with an image is counted there. */
export function cacheBytes(cache: readonly BuildCacheUsage[]): number {
  return sum(cache.filter(({ Shared }) => !Shared).map(({ Size }) => Size));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
