import type { NetworkSummary } from "../../client/wire.ts";
import type { Row, RowFormat } from "./print-rows.ts";
import { formatTimestamp, shortId } from "./units.ts";

/** How `network ls` shows networks. */
export const NETWORK_FORMAT: RowFormat = {
  headings: {
    ID: "NETWORK ID",
    Name: "NAME",
    Driver: "DRIVER",
    Scope: "SCOPE",
    IPv4: "IPV4",
    IPv6: "IPV6",
    Internal: "INTERNAL",
    Labels: "LABELS",
    CreatedAt: "CREATED AT",
    Label: (name: string) => (name.split(".").at(-1) ?? "").replace(/[-_]/g, " "),
  },
  columns: ["ID", "Name", "Driver", "Scope"],
};

/** A network's fields as `network ls` and its templates show them. */
export function toNetworkRow(network: NetworkSummary, truncate: boolean): Row {
  const labels = network.Labels ?? {};
  return {
    ID: truncate ? shortId(network.Id) : network.Id,
    Name: network.Name,
    Driver: network.Driver,
    Scope: network.Scope,
    IPv4: String(network.EnableIPv4 ?? false),
    IPv6: String(network.EnableIPv6 ?? false),
    Internal: String(network.Internal ?? false),
    Labels: Object.entries(labels)
      .map((pair) => pair.join("="))
      .join(","),
    CreatedAt: formatTimestamp(network.Created),
    Label: (name: string) => labels[name] ?? "",
  };
}
