import type { VolumeSummary } from "../../client/wire.ts";
import type { RowFormat } from "./print-rows.ts";
import { formatSize } from "./units.ts";

/** How `volume ls` shows volumes. */
export const VOLUME_FORMAT: RowFormat = {
  headings: {
    Driver: "DRIVER",
    Name: "VOLUME NAME",
    Availability: "AVAILABILITY",
    Group: "GROUP",
    Labels: "LABELS",
    Label: (name: string) => (name.split(".").at(-1) ?? "").replace(/[-_]/g, " "),
    Links: "LINKS",
    Mountpoint: "MOUNTPOINT",
    Scope: "SCOPE",
    Size: "SIZE",
    Status: "STATUS",
  },
  columns: ["Driver", "Name"],
};

/** A volume's row. Sizes are known only where `system df` asks for them. */
export function toVolumeRow(volume: VolumeSummary) {
  const { Name, Driver, Scope, Mountpoint, Labels, UsageData } = volume;
  const labels = Labels ?? {};
  const size = UsageData?.Size ?? -1;
  return {
    // These are for volumes of a swarm.
    Availability: "N/A",
    Group: "N/A",
    Status: "N/A",
    Name,
    Driver,
    Scope,
    Mountpoint,
    Labels: Object.entries(labels)
      .map((pair) => pair.join("="))
      .sort()
      .join(","),
    Label: (name: string) => labels[name] ?? "",
    Links: UsageData ? String(UsageData.RefCount) : "N/A",
    Size: size === -1 ? "N/A" : formatSize(size),
  };
}
