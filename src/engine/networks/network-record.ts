import type { NetworkPool } from "../../network/ipam.ts";
import type { NetworkRow } from "../../store/networks.ts";
import type { NetworkDriver } from "../network-facade.ts";

/** What is stored of a network. */
export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
  readonly driver: NetworkDriver;
  readonly enableIpv4: boolean;
  readonly enableIpv6: boolean;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipam: {
    readonly driver: string;
    readonly options: Readonly<Record<string, string>>;
    readonly pools: readonly NetworkPool[];
  };
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** There from the start, and not to be removed: `bridge`, `host` and `none`. */
  readonly isPredefined: boolean;
}

/** The table's form of a record. */
export function toRow(record: NetworkRecord): NetworkRow {
  return { id: record.id, name: record.name, document: JSON.stringify(record) };
}

/** Reads what toRow() wrote. */
export function fromRow({ document }: NetworkRow): NetworkRecord {
  return JSON.parse(document);
}
