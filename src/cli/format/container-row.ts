import type { ContainerSummary, MountSummary } from "../../client/wire.ts";
import { formatPorts } from "./ports.ts";
import type { Row, RowFormat } from "./print-rows.ts";
import { ellipsis, formatAge, formatMoment, formatSize, shortId } from "./units.ts";

const HEADINGS = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  Status: "STATUS",
  State: "STATE",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Label: (name: string) => (name.split(".").at(-1) ?? "").replace(/[-_]/g, " "),
} as const;

const COLUMNS = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];

/** How `ps` shows containers. */
export function containerFormat(options: { readonly size: boolean }): RowFormat {
  return { headings: HEADINGS, columns: options.size ? [...COLUMNS, "Size"] : COLUMNS };
}

/** A container's fields as `ps` and its templates show them. */
export function toContainerRow(container: ContainerSummary, truncate: boolean): Row {
  const names = container.Names.map((name) => name.replace(/^\//, ""));
  const command = JSON.stringify(container.Command);
  const labels = container.Labels ?? {};
  const mounts = container.Mounts ?? [];
  return {
    ID: truncate ? shortId(container.Id) : container.Id,
    Names: (truncate ? names.filter((name) => !name.includes("/")) : names).join(","),
    Image: formatImage(container, truncate),
    Command: truncate ? `"${ellipsis(container.Command, 20)}"` : command,
    CreatedAt: formatMoment(container.Created),
    RunningFor: formatAge(container.Created),
    Ports: formatPorts(container.Ports ?? []),
    Status: container.Status,
    State: container.State,
    Size: formatSizes(container),
    Label: (name: string) => labels[name] ?? "",
    Labels: Object.entries(labels)
      .map((pair) => pair.join("="))
      .join(","),
    Mounts: mounts.map((mount) => formatMount(mount, truncate)).join(","),
    LocalVolumes: String(mounts.filter(({ Driver }) => Driver === "local").length),
    Networks: Object.keys(container.NetworkSettings?.Networks ?? {}).join(","),
  };
}

/** A name without the registry and the digest that everybody knows; an id as a short one. */
function formatImage({ Image, ImageID }: ContainerSummary, truncate: boolean): string {
  if (Image === "") return "<no image>";
  if (!truncate) return Image;
  if (shortId(Image) === shortId(ImageID)) return shortId(ImageID);
  return Image.replace(/@sha256:[0-9a-f]{64}$/, "").replace(/^docker\.io\/(library\/)?/, "");
}

function formatSizes({ SizeRw = 0, SizeRootFs = 0 }: ContainerSummary): string {
  const own = formatSize(SizeRw, 3);
  return SizeRootFs > 0 ? `${own} (virtual ${formatSize(SizeRootFs, 3)})` : own;
}

function formatMount({ Name, Source }: MountSummary, truncate: boolean): string {
  const name = Name === undefined || Name === "" ? Source : Name;
  return truncate ? ellipsis(name, 15) : name;
}
