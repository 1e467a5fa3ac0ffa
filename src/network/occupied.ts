import type { RouteSocket } from "../linux/rtnetlink.ts";
import { formatSubnet, hasOverlap, type IpFamily, type Subnet, subnetOf } from "./subnet.ts";

/** Something that a subnet could collide with. */
export interface Occupied {
  readonly subnet: Subnet;
  /** For the error, such as `the route 172.16.0.0/12`. */
  readonly what: string;
}

/** VPN clients split the default route into halves: these take nothing. */
const SHORTEST_PREFIX: Readonly<Record<IpFamily, number>> = { 4: 8, 6: 16 };

/** The subnets that the host has addresses in, or routes to. */
export function listOccupied(routes: RouteSocket): readonly Occupied[] {
  const addresses = routes.listAddresses().map(({ address, prefixLength }) => ({
    subnet: subnetOf(address, prefixLength),
    what: `the address ${address}/${prefixLength}`,
  }));
  const destinations = routes.listRoutes().map(({ destination, prefixLength }) => {
    const subnet = subnetOf(destination, prefixLength);
    return { subnet, what: `the route ${formatSubnet(subnet)}` };
  });
  return [...addresses, ...destinations];
}

/** The first of these that shares an address with a subnet. */
export function findOverlap(subnet: Subnet, occupied: readonly Occupied[]): Occupied | undefined {
  return occupied.find(
    (other) =>
      other.subnet.prefixLength >= SHORTEST_PREFIX[other.subnet.family] &&
      hasOverlap(subnet, other.subnet),
  );
}
