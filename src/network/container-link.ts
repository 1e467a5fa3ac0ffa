import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { deleteRoute, newAddress, newRoute } from "../linux/rtnetlink-address.ts";
import { setLinkUp, setNoIpv6Addresses } from "../linux/rtnetlink-link.ts";

/**
 * The index of a container's eth0; eth1 has the next. They are fixed so that the requests for a link can
 * be made before it; modules for tunnels put up to ten links of their own into each new namespace, below.
 */
const ETH0_INDEX = 100;

const LOOPBACK_INDEX = 1;
const HOST_LINK_NAME = /^smp[0-9a-f]{12}$/;
const HOST_INDEX_BASE = 0x1000000;
/** IPv6 is off on links with a smaller MTU. RFC 8200, 5. */
const IPV6_MIN_MTU = 1280;

/** An address of a container, and where its packets to elsewhere go; empty: nowhere. */
export interface LinkAddress {
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
}

/** How a link of a container is set up. */
export interface ContainerLink {
  readonly index: number;
  /** Empty: its parent's. */
  readonly macAddress: string;
  readonly addresses: readonly LinkAddress[];
  /** Further addresses that are only for this link. */
  readonly linkLocal: readonly string[];
  readonly mtu: number;
  /** Whether the kernel has IPv6 at all. */
  readonly hasIpv6: boolean;
}

/** The index of the link in a container that comes at this place. */
export function containerLinkIndex(place: number): number {
  return ETH0_INDEX + place;
}

/** What is asked in the network namespace of a container with no network. */
export function planLoopback(): readonly NetlinkRequest[] {
  return [setLinkUp({ index: LOOPBACK_INDEX })];
}

/** What is asked in a container's network namespace once the link is in there. */
export function planContainerLink(link: ContainerLink): readonly NetlinkRequest[] {
  const { index, addresses, macAddress } = link;
  const hasIpv6 = link.hasIpv6 && link.mtu >= IPV6_MIN_MTU;
  const hasOwnIpv6 = macAddress !== "" && addresses.some(({ address }) => address.includes(":"));
  const asked = [...new Set(link.linkLocal)].map((address) => ({
    address,
    prefixLength: linkLocalPrefix(address),
  }));
  const usable = [...addresses, ...asked].filter(
    ({ address }) => hasIpv6 || !address.includes(":"),
  );
  const own = hasIpv6 && hasOwnIpv6 ? [{ address: linkLocalOf(macAddress), prefixLength: 64 }] : [];
  return [
    // The kernel's own would be probed for duplicates for a second: ours is not.
    ...(hasIpv6 ? [setNoIpv6Addresses({ index })] : []),
    ...[...usable, ...own].map(({ address, prefixLength }) =>
      newAddress({ linkIndex: index, address, prefixLength }),
    ),
    setLinkUp({ index }),
  ];
}

/** What leads everything that is not on a network of the container's through this link. */
export function planDefaultRoutes(
  index: number,
  addresses: readonly LinkAddress[],
): readonly NetlinkRequest[] {
  return defaultRoutes(index, addresses).map(newRoute);
}

/** The reverse of planDefaultRoutes(). */
export function planNoDefaultRoutes(
  index: number,
  addresses: readonly LinkAddress[],
): readonly NetlinkRequest[] {
  return defaultRoutes(index, addresses).map(deleteRoute);
}

function defaultRoutes(linkIndex: number, addresses: readonly LinkAddress[]) {
  return addresses
    .filter(({ gateway }) => gateway !== "")
    .map(({ gateway }) => {
      const destination = gateway.includes(":") ? "::" : "0.0.0.0";
      return { destination, prefixLength: 0, gateway, linkIndex };
    });
}

/** RFC 3927, 2.1 and RFC 4291, 2.5.6. */
function linkLocalPrefix(address: string): number {
  return address.includes(":") ? 64 : 16;
}

/** The link-local address that goes with a MAC address. RFC 4291, appendix A. */
function linkLocalOf(macAddress: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = macAddress
    .split(":")
    .map((pair) => Number.parseInt(pair, 16));
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${groups.map((group) => group.toString(16)).join(":")}`;
}

/** The name of an endpoint's end on the host: as long as the kernel allows. */
export function hostLinkName(endpointId: string): string {
  return `smp${endpointId.slice(0, 12)}`;
}

/** Whether a link on the host has a name as hostLinkName() makes it. */
export function isHostLinkName(name: string): boolean {
  return HOST_LINK_NAME.test(name);
}

/** An index for an endpoint's end on the host, out of the way of those that the kernel gives. */
export function hostLinkIndex(endpointId: string): number {
  return HOST_INDEX_BASE + Number.parseInt(endpointId.slice(0, 6), 16);
}

/** Another such index, for when that one is taken. */
export function randomHostLinkIndex(): number {
  return hostLinkIndex(crypto.randomUUID());
}
