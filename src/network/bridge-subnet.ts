import { EngineError } from "../base/errors.ts";
import {
  formatSubnet,
  hasOverlap,
  type Ipv4Subnet,
  lastOf,
  parseIpv4Cidr,
  subnetOf,
  toNumber,
  toText,
} from "./ipv4-subnet.ts";

/** Where a bridge stands: its own address is the gateway of its containers. */
export interface BridgeAddress {
  readonly gateway: string;
  readonly subnet: Ipv4Subnet;
}

/** Something on the host that a subnet could collide with. */
export interface Occupied {
  readonly subnet: Ipv4Subnet;
  /** For the error, such as `route 172.16.0.0/12`. */
  readonly what: string;
}

const LONGEST_PREFIX = 30;
/** VPN clients split the default route into halves: these take nothing. */
const SHORTEST_PREFIX = 8;

/** Reads what `--bip` says. */
export function parseBridgeAddress(text: string): BridgeAddress {
  const { address, subnet } = parseIpv4Cidr(text);
  const number = toNumber(address);
  if (subnet.prefixLength < SHORTEST_PREFIX || subnet.prefixLength > LONGEST_PREFIX) {
    const range = `from /${SHORTEST_PREFIX} to /${LONGEST_PREFIX}`;
    throw invalid(text, `the prefix is /${subnet.prefixLength}, and can be ${range}`);
  }
  if (number === subnet.first || number === lastOf(subnet)) {
    throw invalid(text, `${address} is the network's own or its broadcast address`);
  }
  return { gateway: address, subnet };
}

/** Checks that the subnet a user asked for is free on the host. */
export function checkBridgeAddress(wanted: BridgeAddress, occupied: readonly Occupied[]): void {
  const other = findOverlap(wanted.subnet, occupied);
  if (other === undefined) return;
  throw new EngineError(
    "conflict",
    `Cannot use ${formatSubnet(wanted.subnet)} for the bridge: it overlaps ${other.what} ` +
      "of this host; give another one with --bip",
  );
}

/** The first of the predefined pools that is free on the host, as Docker picks it. */
export function chooseBridgeAddress(occupied: readonly Occupied[]): BridgeAddress {
  const subnet = POOLS.find((pool) => findOverlap(pool, occupied) === undefined);
  if (subnet === undefined) {
    throw new EngineError("conflict", "all predefined address pools have been fully subnetted");
  }
  return { gateway: toText(subnet.first + 1), subnet };
}

/** 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20. */
const POOLS: readonly Ipv4Subnet[] = [
  ...Array.from({ length: 15 }, (_, index) => subnetOf(`172.${17 + index}.0.0`, 16)),
  ...Array.from({ length: 16 }, (_, index) => subnetOf(`192.168.${16 * index}.0`, 20)),
];

function findOverlap(subnet: Ipv4Subnet, occupied: readonly Occupied[]): Occupied | undefined {
  return occupied.find(
    (other) => other.subnet.prefixLength >= SHORTEST_PREFIX && hasOverlap(subnet, other.subnet),
  );
}

function invalid(text: string, reason: string): EngineError {
  return new EngineError("invalid", `Cannot use "${text}" as the bridge's address: ${reason}`);
}
