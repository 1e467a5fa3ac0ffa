import { EngineError } from "../base/errors.ts";
import { findIpAddress } from "../base/ip-address.ts";
import type { Occupied } from "./occupied.ts";
import {
  familyOf,
  findCidr,
  formatSubnet,
  hasOverlap,
  type IpFamily,
  isInSubnet,
  type Subnet,
  toText,
} from "./subnet.ts";
import { chooseSubnet, defaultGateway, isHostAddress, type SubnetPool } from "./subnet-pools.ts";

/** One subnet of a network as it is asked for, in CIDR notation; empty: it is to be chosen. */
export interface PoolRequest {
  readonly subnet: string;
  /** The part of the subnet that containers get addresses from. */
  readonly range: string;
  readonly gateway: string;
  /** Addresses that no container is to get, by what they are for. */
  readonly auxiliary: Readonly<Record<string, string>>;
}

/** One subnet of a network, decided; `range` may stay empty. */
export interface NetworkPool extends PoolRequest {
  /** The user asked for this very subnet: only then can containers have addresses of their choice. */
  readonly isStatic: boolean;
}

/** What the addresses of a new network follow from. */
export interface PoolInputs {
  readonly asked: readonly PoolRequest[];
  readonly families: readonly IpFamily[];
  /** Where subnets are chosen from. */
  readonly pools: readonly SubnetPool[];
  /** The subnets of other networks: none may overlap these. */
  readonly others: readonly Subnet[];
  /** What the host uses: nothing is chosen that overlaps it. */
  readonly occupied: readonly Occupied[];
}

/** Unspecified, loopback and multicast addresses, and IPv6's of one link alone. RFC 6890. */
const NOT_FOR_HOSTS: readonly Subnet[] = [
  ...["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4"],
  ...["::/8", "fe80::/10", "ff00::/8"],
].map((text) => subnetIn(text));

/** Checks the subnets that are asked for, and chooses one for each family that has none. */
export function planPools(inputs: PoolInputs): readonly NetworkPool[] {
  checkPools(inputs.asked, inputs.families);
  const asked = inputs.asked.map((request) => decide(request));
  for (const { subnet } of asked) checkOverlap(subnet, inputs.others);
  const missing = inputs.families.filter(
    (family) => !asked.some(({ subnet }) => familyOf(subnet) === family),
  );
  const chosen = missing.map((family) => choose(family, inputs));
  return [...asked, ...chosen].toSorted(
    (one, other) => familyOf(one.subnet) - familyOf(other.subnet),
  );
}

function decide(request: PoolRequest): NetworkPool {
  const subnet = subnetIn(request.subnet);
  const range = request.range === "" ? subnet : subnetIn(request.range);
  const gateway = gatewayOf(request, { subnet, range });
  const [name] = Object.entries(request.auxiliary).find(([, other]) => other === gateway) ?? [];
  if (name === undefined) return { ...request, gateway, isStatic: true };
  throw new EngineError(
    "invalid",
    `invalid network config:\n* invalid auxiliary address ${name}: ${gateway} is the gateway's`,
  );
}

/** As in Docker the first address that a container could get, which may be one of a range. */
function gatewayOf(
  { gateway, range: asked }: PoolRequest,
  { subnet, range }: { readonly subnet: Subnet; readonly range: Subnet },
): string {
  if (gateway !== "") return gateway;
  const first = toText(range.first, range.family);
  return asked !== "" && isHostAddress(first, subnet) ? first : defaultGateway(range);
}

function choose(family: IpFamily, { pools, others, occupied }: PoolInputs): NetworkPool {
  const networks = others.map((subnet) => ({ subnet, what: "another network" }));
  const subnet = chooseSubnet(pools, { family, occupied: [...occupied, ...networks] });
  return {
    subnet: formatSubnet(subnet),
    range: "",
    gateway: defaultGateway(subnet),
    auxiliary: {},
    isStatic: false,
  };
}

function checkOverlap(text: string, others: readonly Subnet[]): void {
  const subnet = subnetIn(text);
  if (!others.some((other) => hasOverlap(subnet, other))) return;
  throw new EngineError(
    "forbidden",
    "invalid pool request: Pool overlaps with other one on this address space",
  );
}

function subnetIn(text: string): Subnet {
  const found = findCidr(text);
  if (found !== undefined) return found.subnet;
  throw new EngineError("invalid", `invalid subnet ${text}: invalid CIDR block notation`);
}

/** All that is wrong with them, in Docker's words. */
function checkPools(asked: readonly PoolRequest[], families: readonly IpFamily[]): void {
  const wrong = asked.flatMap((request) => faultsOf(request, families));
  if (wrong.length === 0 && hasDoubles(asked)) wrong.push("its subnets overlap one another");
  if (wrong.length === 0) return;
  throw new EngineError("invalid", `invalid network config:\n* ${wrong.join("\n* ")}`);
}

function hasDoubles(asked: readonly PoolRequest[]): boolean {
  return asked.some((one, index) =>
    asked.slice(0, index).some((other) => overlaps(one.subnet, other.subnet)),
  );
}

function overlaps(one: string, other: string): boolean {
  return hasOverlap(subnetIn(one), subnetIn(other));
}

function faultsOf(request: PoolRequest, families: readonly IpFamily[]): string[] {
  const subnet = findCidr(request.subnet)?.subnet;
  if (subnet === undefined)
    return [`invalid subnet ${request.subnet}: invalid CIDR block notation`];
  const faults: string[] = [];
  const masked = formatSubnet(subnet);
  if (!families.includes(subnet.family)) {
    faults.push(`invalid subnet ${masked}: the network has no IPv${subnet.family}`);
  }
  if (!isMasked(request.subnet, subnet)) {
    faults.push(`invalid subnet ${request.subnet}: it should be ${masked}`);
  }
  if (NOT_FOR_HOSTS.some((other) => hasOverlap(subnet, other))) {
    faults.push(`invalid subnet ${masked}: it has addresses that are no host's`);
  }
  if (request.gateway === "" && !isHostAddress(defaultGateway(subnet), subnet)) {
    faults.push(`invalid subnet ${masked}: it has no room for a gateway and containers`);
  }
  const range = rangeFault(request.range, subnet);
  if (range !== undefined) faults.push(`invalid ip-range ${request.range}: ${range}`);
  const gateway = addressFault(request.gateway, subnet);
  if (gateway !== undefined) faults.push(`invalid gateway ${request.gateway}: ${gateway}`);
  for (const [name, address] of Object.entries(request.auxiliary)) {
    const fault = addressFault(address, subnet);
    if (fault !== undefined) faults.push(`invalid auxiliary address ${name}: ${fault}`);
  }
  return faults;
}

function rangeFault(text: string, subnet: Subnet): string | undefined {
  if (text === "") return undefined;
  const range = findCidr(text)?.subnet;
  if (range === undefined) return "invalid CIDR block notation";
  if (range.family !== subnet.family) return `parent subnet is an IPv${subnet.family} block`;
  if (range.prefixLength < subnet.prefixLength) {
    return `CIDR block is bigger than its parent subnet ${formatSubnet(subnet)}`;
  }
  if (!isMasked(text, range)) return `it should be ${formatSubnet(range)}`;
  if (hasOverlap(range, subnet)) return undefined;
  return `parent subnet ${formatSubnet(subnet)} doesn't contain ip-range`;
}

function addressFault(address: string, subnet: Subnet): string | undefined {
  if (address === "") return undefined;
  if (findIpAddress(address) === undefined) return "invalid address";
  if (familyOf(address) !== subnet.family) return `parent subnet is an IPv${subnet.family} block`;
  if (isInSubnet(address, subnet)) return undefined;
  return `parent subnet ${formatSubnet(subnet)} doesn't contain this address`;
}

function isMasked(text: string, { family, first }: Subnet): boolean {
  return findCidr(text)?.address === toText(first, family);
}
