import { EngineError } from "../base/errors.ts";
import { parseIpAddress } from "../base/ip-address.ts";
import { interfaceName, type Verdict } from "../linux/nftables-expression.ts";
import { concatenate } from "../linux/nftables-set.ts";
import { type FamilyName, familyNameOf, parseRange } from "./address-range.ts";
import type { ChainName, Filling } from "./firewall-table.ts";

/** How the containers of a network are reached from beyond their bridge, other than by answers. */
export type GatewayMode =
  /** By ports of the host. */
  | "nat"
  /** By their own addresses, at published ports. */
  | "routed"
  /** By ports of the host, and at every port of their own addresses. */
  | "nat-unprotected"
  /** Not at all. */
  | "isolated";

/** What the firewall has to know of a bridge. */
export interface FirewallNetwork {
  readonly bridge: string;
  /** As in `172.17.0.0/16` and `fd00::/64`. No two networks share an address. */
  readonly subnets: readonly string[];
  /** Whether containers leave by the host's addresses. */
  readonly masquerade: Readonly<Record<FamilyName, boolean>>;
  /** Leaving by this address instead of that of the interface. */
  readonly hostAddress?: Partial<Readonly<Record<FamilyName, string>>>;
  /** Nothing gets out of it or into it, answers neither. */
  readonly internal: boolean;
  /** Its containers may talk to one another; else only by published ports. */
  readonly icc: boolean;
  readonly gatewayMode: Readonly<Record<FamilyName, GatewayMode>>;
}

const FAMILIES: readonly FamilyName[] = ["ipv4", "ipv6"];
const FAMILY_NUMBER = { ipv4: 2, ipv6: 10 } as const;
const DIGIT = { ipv4: "4", ipv6: "6" } as const;
const MAX_NAME_BYTES = 15;

const ENTRY: Readonly<Record<GatewayMode, Verdict>> = {
  nat: goto("only-published"),
  routed: goto("only-open"),
  "nat-unprotected": goto("unprotected"),
  isolated: { kind: "drop" },
};

/** What the sets hold of a network: a fixed number of elements for each of its subnets and families. */
export function elementsOfNetwork(network: FirewallNetwork): Filling {
  const bridge = interfaceKey(network.bridge);
  const within: Verdict = network.icc ? { kind: "accept" } : goto("only-published");
  return [
    ["bridges", { key: bridge }],
    ["within-bridge", { key: concatenate(bridge, bridge), leadsTo: within }],
    ...FAMILIES.flatMap((family) => elementsOfFamily(network, family)),
    ...network.subnets.flatMap((subnet) => elementsOfSubnet(network, subnet)),
  ];
}

function elementsOfFamily(network: FirewallNetwork, family: FamilyName): Filling {
  const mode = network.internal ? "isolated" : network.gatewayMode[family];
  const key = concatenate(Uint8Array.of(FAMILY_NUMBER[family]), interfaceKey(network.bridge));
  const into = ["to-bridge", { key, leadsTo: ENTRY[mode] }] as const;
  if (mode !== "isolated") return [into];
  return [into, ["from-bridge", { key, leadsTo: { kind: "drop" } }]];
}

function elementsOfSubnet(network: FirewallNetwork, subnet: string): Filling {
  const { family, first: key, end } = parseRange(subnet);
  const digit = DIGIT[family];
  const known = [`subnets${digit}`, { key, end }] as const;
  if (network.internal || !network.masquerade[family]) return [known];

  const address = network.hostAddress?.[family];
  const leaving = goto(address === undefined ? "masquerading" : "chosen-source");
  return [
    known,
    [`leaving${digit}`, { key, end, leadsTo: leaving }],
    ...(address === undefined ? [] : [source(family, { address, key, end })]),
  ];
}

function source(
  family: FamilyName,
  range: { address: string; key: Uint8Array; end: Uint8Array | undefined },
): Filling[number] {
  const { address, key, end } = range;
  if (familyNameOf(address) !== family) {
    throw new EngineError("invalid", `Cannot leave by "${address}": it is no ${family} address`);
  }
  return [`sources${DIGIT[family]}`, { key, end, leadsTo: parseIpAddress(address) }];
}

function interfaceKey(bridge: string): Uint8Array {
  const length = Buffer.byteLength(bridge);
  if (length > 0 && length <= MAX_NAME_BYTES) return interfaceName(bridge);
  const wanted = `want 1 to ${MAX_NAME_BYTES} bytes`;
  throw new EngineError("invalid", `Invalid name of a bridge "${bridge}": ${wanted}`);
}

function goto(chain: ChainName): Verdict {
  return { kind: "goto", chain };
}
