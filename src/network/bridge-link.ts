import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { RouteSocket } from "../linux/rtnetlink.ts";
import { newAddress } from "../linux/rtnetlink-address.ts";
import { newBridge } from "../linux/rtnetlink-create.ts";
import { deleteLink, type Link, setLinkUp } from "../linux/rtnetlink-link.ts";
import { macAddressOf } from "./address-pool.ts";
import { familyOf, parseCidr } from "./subnet.ts";

/** A bridge as it is to be on the host. */
export interface BridgeLinkSettings {
  /** The bridge's name, at most 15 bytes. */
  readonly bridge: string;
  /** Its own addresses in CIDR notation, such as `172.18.0.1/16`: the gateways of its containers. */
  readonly addresses: readonly string[];
  readonly mtu: number;
}

/** The bridge that is wanted, and where to put how to undo what is made for it. */
interface Wanted {
  readonly settings: BridgeLinkSettings;
  readonly undo: DisposableStack;
}

/** Makes the bridge, or takes the one that is there; gives it its addresses and brings it up. Says its index. */
export function ensureBridgeLink(routes: RouteSocket, { settings, undo }: Wanted): number {
  const found = routes.findLink({ name: settings.bridge });
  const { index, kind } = found ?? create(routes, { settings, undo });
  if (kind !== "bridge") {
    throw new EngineError("conflict", "there is a link of that name that is no bridge");
  }
  enableIpv6(settings);
  giveAddresses(routes, { index, settings });
  routes.send(setLinkUp({ index }));
  return index;
}

/** The IPv4 address of a bridge that is there, in CIDR notation: one has at most one. */
export function findBridgeAddress(routes: RouteSocket, bridge: string): string | undefined {
  const link = routes.findLink({ name: bridge });
  if (link === undefined) return undefined;
  return listAddressesOf(routes, link.index).find((cidr) => familyOf(cidr) === 4);
}

function create(routes: RouteSocket, { settings, undo }: Wanted): Link {
  const { bridge: name, addresses, mtu } = settings;
  const ipv4 = addresses.find((cidr) => familyOf(cidr) === 4);
  const mac = ipv4 === undefined ? {} : { macAddress: macAddressOf(parseCidr(ipv4).address) };
  routes.send(newBridge({ name, mtu, ...mac }));
  undo.defer(() => routes.trySend(deleteLink({ name })));
  const link = routes.findLink({ name });
  if (link === undefined) throw new EngineError("internal", "it was deleted as it was made");
  return link;
}

/** A bridge that is there and where it is. */
interface Present {
  readonly index: number;
  readonly settings: BridgeLinkSettings;
}

/** A bridge keeps the IPv4 address that it has: containers of an earlier daemon may be on it. */
function giveAddresses(routes: RouteSocket, { index, settings }: Present): void {
  const present = listAddressesOf(routes, index);
  for (const { address, subnet } of settings.addresses.map(parseCidr)) {
    const { family, prefixLength } = subnet;
    // In the kernel's spelling: an address of IPv6 has many.
    const wanted = `${address}/${prefixLength}`;
    if (present.includes(wanted)) continue;
    const other = present.find((cidr) => familyOf(cidr) === 4);
    if (family === 4 && other !== undefined) {
      throw new EngineError(
        "conflict",
        `it is there with the address ${other}, and ${wanted} is wanted; ` +
          "delete it when no container is on it",
      );
    }
    routes.send(newAddress({ linkIndex: index, address, prefixLength }));
  }
}

function listAddressesOf(routes: RouteSocket, index: number): readonly string[] {
  return routes
    .listAddresses()
    .filter(({ linkIndex }) => linkIndex === index)
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`);
}

/** Hosts may have it off for links that are new. */
function enableIpv6({ bridge, addresses }: BridgeLinkSettings): void {
  if (addresses.every((cidr) => familyOf(cidr) === 4)) return;
  const path = `/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`;
  if (!existsSync(path)) {
    throw new EngineError("unavailable", "this kernel has no IPv6, which the network asks for");
  }
  if (readFileSync(path, "utf8").trim() !== "0") writeFileSync(path, "0");
}
