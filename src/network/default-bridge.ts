import { EngineError } from "../base/errors.ts";
import type { RouteSocket } from "../linux/rtnetlink.ts";
import { findBridgeAddress } from "./bridge-link.ts";
import { findOverlap, listOccupied } from "./occupied.ts";
import { formatSubnet, parseCidr, type Subnet } from "./subnet.ts";
import { chooseSubnet, defaultGateway, isHostAddress, type SubnetPool } from "./subnet-pools.ts";

const LONGEST_PREFIX = 30;
const SHORTEST_PREFIX = 8;

/** What a daemon is told of its default bridge. */
export interface DefaultBridgeOptions {
  readonly bridge: string;
  /** What `--bip` says, such as `172.31.0.1/16`. */
  readonly address?: string;
  readonly pools: readonly SubnetPool[];
  /** Of networks that are not on the host yet. */
  readonly others: readonly Subnet[];
}

/**
 * The address of the default bridge in CIDR notation: the one that is asked for, else the one it has since
 * an earlier daemon, else the first of a pool that is free on the host.
 */
export function chooseDefaultAddress(routes: RouteSocket, options: DefaultBridgeOptions): string {
  const { bridge, address } = options;
  const present = findBridgeAddress(routes, bridge);
  if (address === undefined) return present ?? choose(routes, options);
  checkAddress(address);
  if (present === undefined) checkIsFree(routes, address);
  return address;
}

function choose(routes: RouteSocket, { pools, others }: DefaultBridgeOptions): string {
  const networks = others.map((subnet) => ({ subnet, what: "another network" }));
  const occupied = [...listOccupied(routes), ...networks];
  const subnet = chooseSubnet(pools, { family: 4, occupied });
  return `${defaultGateway(subnet)}/${subnet.prefixLength}`;
}

/** Refuses what cannot be the address of a bridge. */
export function checkAddress(text: string): void {
  const { address, subnet } = parseCidr(text);
  const { prefixLength } = subnet;
  if (subnet.family !== 4) throw invalid(text, "it is no IPv4 address");
  if (prefixLength < SHORTEST_PREFIX || prefixLength > LONGEST_PREFIX) {
    const range = `from /${SHORTEST_PREFIX} to /${LONGEST_PREFIX}`;
    throw invalid(text, `the prefix is /${prefixLength}, and can be ${range}`);
  }
  if (!isHostAddress(address, subnet)) {
    throw invalid(text, `${address} is the network's own or its broadcast address`);
  }
}

function checkIsFree(routes: RouteSocket, text: string): void {
  const subnet: Subnet = parseCidr(text).subnet;
  const other = findOverlap(subnet, listOccupied(routes));
  if (other === undefined) return;
  throw new EngineError(
    "conflict",
    `Cannot use ${formatSubnet(subnet)} for the bridge: it overlaps ${other.what} ` +
      "of this host; give another one with --bip",
  );
}

function invalid(text: string, reason: string): EngineError {
  return new EngineError("invalid", `Cannot use "${text}" as the bridge's address: ${reason}`);
}
