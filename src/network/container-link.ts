import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { newAddress, newRoute } from "../linux/rtnetlink-address.ts";
import { setLinkUp, setNoIpv6Addresses } from "../linux/rtnetlink-link.ts";

/**
 * The index of a container's eth0. It is fixed so that the requests for it can be made before the
 * link; modules for tunnels put up to ten links of their own into each new namespace, below it.
 */
export const ETH0_INDEX = 100;

const LOOPBACK_INDEX = 1;
const HOST_LINK_NAME = /^smp[0-9a-f]{12}$/;
const HOST_INDEX_BASE = 0x1000000;
/** IPv6 is off on links with a smaller MTU. RFC 8200, 5. */
const IPV6_MIN_MTU = 1280;

/** How eth0 of a container is set up. */
export interface ContainerLink {
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly mtu: number;
  /** Whether the kernel has IPv6 at all. */
  readonly hasIpv6: boolean;
}

/** What init sends in the network namespace of a container with no network. */
export function planLoopback(): readonly NetlinkRequest[] {
  return [setLinkUp({ index: LOOPBACK_INDEX })];
}

/** What init sends in the network namespace of a container on a bridge, once eth0 is in there. */
export function planContainerLink(link: ContainerLink): readonly NetlinkRequest[] {
  const eth0 = { index: ETH0_INDEX };
  const { address, prefixLength, gateway } = link;
  const ipv6 = link.hasIpv6 && link.mtu >= IPV6_MIN_MTU;
  return [
    ...planLoopback(),
    newAddress({ linkIndex: ETH0_INDEX, address, prefixLength }),
    ...(ipv6 ? [setNoIpv6Addresses(eth0)] : []),
    setLinkUp(eth0),
    // After eth0 is up, because a route needs its gateway to be within reach.
    newRoute({ destination: "0.0.0.0", prefixLength: 0, gateway }),
  ];
}

/** The name of a container's end on the host: as long as the kernel allows. */
export function hostLinkName(containerId: string): string {
  return `smp${containerId.slice(0, 12)}`;
}

/** Whether a link on the host has a name as hostLinkName() makes it. */
export function isHostLinkName(name: string): boolean {
  return HOST_LINK_NAME.test(name);
}

/** An index for a container's end on the host, out of the way of those that the kernel gives. */
export function hostLinkIndex(containerId: string): number {
  return HOST_INDEX_BASE + Number.parseInt(containerId.slice(0, 6), 16);
}

/** Another such index, for when that one is taken. */
export function randomHostLinkIndex(): number {
  return hostLinkIndex(crypto.randomUUID());
}
