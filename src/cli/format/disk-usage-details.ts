import type { BuildCacheUsage, DiskUsage } from "../../client/wire.ts";
import { containerFormat, toContainerRow } from "./container-row.ts";
import { cacheBytes } from "./disk-usage.ts";
import { imageFormat, toImageRows } from "./image-row.ts";
import { formatRows, type Row, type RowFormat } from "./print-rows.ts";
import { formatAge, formatMoment, formatSize } from "./units.ts";
import { toVolumeRow, VOLUME_FORMAT } from "./volume-row.ts";

/** The lists of `system df -v`, by the names that templates know. */
export interface DiskUsageDetails {
  readonly Images: readonly Row[];
  readonly Containers: readonly Row[];
  readonly Volumes: readonly Row[];
  readonly BuildCache: readonly Row[];
}

/** Everything that takes room, one by one. Tables show ids and texts cut short. */
export function toDetails(usage: DiskUsage, truncate: boolean): DiskUsageDetails {
  const containers = (usage.Containers ?? []).map((one) => ({ ...one, SizeRootFs: 0 }));
  return {
    // An image is shown once, by its first name.
    Images: (usage.Images ?? []).flatMap((image) =>
      toImageRows(image, { truncate, digests: false }).slice(0, 1),
    ),
    Containers: containers.map((container) => toContainerRow(container, truncate)),
    Volumes: (usage.Volumes ?? []).map(toVolumeRow),
    BuildCache: (usage.BuildCache ?? [])
      .toSorted(byUse)
      .map((record) => toCacheRow(record, truncate)),
  };
}

const IMAGE_COLUMNS = [
  "Repository",
  "Tag",
  "ID",
  "CreatedSince",
  "Size",
  "SharedSize",
  "UniqueSize",
  "Containers",
];
const CONTAINER_COLUMNS = [
  "ID",
  "Image",
  "Command",
  "LocalVolumes",
  "Size",
  "RunningFor",
  "Status",
  "Names",
];

const VOLUME_COLUMNS = ["Name", "Links", "Size"];

const CACHE_FORMAT: RowFormat = {
  headings: {
    ID: "CACHE ID",
    CacheType: "CACHE TYPE",
    Size: "SIZE",
    CreatedSince: "CREATED",
    LastUsedSince: "LAST USED",
    UsageCount: "USAGE",
    Shared: "SHARED",
  },
  columns: ["ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "UsageCount", "Shared"],
};

/** The tables of `system df -v`. */
export async function formatDetails(usage: DiskUsage): Promise<string> {
  const { Images, Containers, Volumes, BuildCache } = toDetails(usage, true);
  const images = { ...imageFormat({ digests: false }), columns: IMAGE_COLUMNS };
  const containers = { ...containerFormat({ size: true }), columns: CONTAINER_COLUMNS };
  const volumes = { ...VOLUME_FORMAT, columns: VOLUME_COLUMNS };
  const cacheSize = formatSize(cacheBytes(usage.BuildCache ?? []));
  const sections = [
    `Images space usage:\n\n${await formatRows(Images, images, "")}`,
    `Containers space usage:\n\n${await formatRows(Containers, containers, "")}`,
    `Local Volumes space usage:\n\n${await formatRows(Volumes, volumes, "")}`,
    `Build cache usage: ${cacheSize}\n\n${await formatRows(BuildCache, CACHE_FORMAT, "")}`,
  ];
  return [...sections, ...(await formatStore(usage))].join("\n");
}

const STORE_FORMAT: RowFormat = {
  headings: { Part: "PART", Size: "SIZE" },
  columns: ["Part", "Size"],
};

const LOG_FORMAT: RowFormat = {
  headings: { Names: "NAMES", LogSize: "LOG SIZE" },
  columns: ["Names", "LogSize"],
};

/** What Docker does not count: logs, and what each part of the data root takes on the disk. */
async function formatStore({ Containers, SampanUsage }: DiskUsage): Promise<readonly string[]> {
  if (SampanUsage === undefined) return [];
  const logs = (Containers ?? [])
    .filter(({ SizeLog = 0 }) => SizeLog > 0)
    .map(({ Names, SizeLog = 0 }) => ({
      Names: Names.map((name) => name.replace(/^\//, "")).join(","),
      LogSize: formatSize(SizeLog),
    }));
  const parts = Object.entries(SampanUsage).map(([Part, bytes]) => ({
    Part,
    Size: formatSize(bytes),
  }));
  const total = Object.values(SampanUsage).reduce((sum, bytes) => sum + bytes, 0);
  return [
    `Logs space usage:\n\n${await formatRows(logs, LOG_FORMAT, "")}`,
    `Data root: ${formatSize(total)} on the disk\n\n${await formatRows(parts, STORE_FORMAT, "")}`,
  ];
}

const CACHE_ID_LENGTH = 12;

function toCacheRow(record: BuildCacheUsage, truncate: boolean): Row {
  const id = truncate ? record.ID.slice(0, CACHE_ID_LENGTH) : record.ID;
  const used = toSeconds(record.LastUsedAt);
  const created = toSeconds(record.CreatedAt);
  return {
    ID: record.InUse ? `${id}*` : id,
    Parent: record.Parent ?? "",
    CacheType: record.Type,
    Description: record.Description ?? "",
    Size: formatSize(record.Size, 3),
    CreatedAt: created === 0 ? "" : formatMoment(created),
    CreatedSince: formatAge(created),
    LastUsedAt: used === 0 ? "" : formatMoment(used),
    LastUsedSince: formatAge(used),
    UsageCount: String(record.UsageCount),
    InUse: String(record.InUse),
    Shared: String(record.Shared),
  };
}

/** Those never used first, then the longest used, as Docker has them. */
function byUse(a: BuildCacheUsage, b: BuildCacheUsage): number {
  const [usedA, usedB] = [toSeconds(a.LastUsedAt), toSeconds(b.LastUsedAt)];
  if ((usedA === 0) !== (usedB === 0)) return usedA - usedB;
  return usedB - usedA || b.UsageCount - a.UsageCount || (a.ID < b.ID ? -1 : 1);
}

function toSeconds(moment: string | null | undefined): number {
  const ms = new Date(moment ?? "").getTime();
  return Number.isNaN(ms) || ms < 0 ? 0 : Math.trunc(ms / 1000);
}
