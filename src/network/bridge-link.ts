import { EngineError } from "../base/errors.ts";
import type { RouteSocket } from "../linux/rtnetlink.ts";
import { newAddress } from "../linux/rtnetlink-address.ts";
import { newBridge } from "../linux/rtnetlink-create.ts";
import { deleteLink, type Link, setLinkUp } from "../linux/rtnetlink-link.ts";
import { macAddressOf } from "./address-pool.ts";
import {
  type BridgeAddress,
  checkBridgeAddress,
  chooseBridgeAddress,
  type Occupied,
  parseBridgeAddress,
} from "./bridge-subnet.ts";
import { formatSubnet, subnetOf } from "./ipv4-subnet.ts";

export interface BridgeSettings {
  /** The bridge's name, at most 15 bytes. */
  readonly bridge: string;
  /** What `--bip` says, such as `172.31.0.1/16`. Undefined: the first predefined pool that is free. */
  readonly address?: string;
  readonly mtu: number;
}

/** A bridge that is there, with its address. */
export interface BridgePlace extends BridgeAddress {
  readonly index: number;
}

/** The bridge that is wanted, and where to put how to undo what is made for it. */
interface Wanted {
  readonly settings: BridgeSettings;
  readonly undo: DisposableStack;
}

/** Makes the bridge, or takes the one that is there; gives it an address and brings it up. */
export function ensureBridgeLink(routes: RouteSocket, { settings, undo }: Wanted): BridgePlace {
  const found = routes.findLink({ name: settings.bridge });
  const link = found ?? create(routes, { settings, undo });
  const { index, kind } = link;
  if (kind !== "bridge") {
    throw new EngineError("conflict", "there is a link of that name that is no bridge");
  }
  const address =
    findAddress(routes, { index, settings }) ?? giveAddress(routes, { index, settings });
  routes.send(setLinkUp({ index }));
  return { ...address, index };
}

function create(routes: RouteSocket, { settings, undo }: Wanted): Link {
  const { bridge: name, mtu } = settings;
  const { gateway } = chooseAddress(routes, settings);
  routes.send(newBridge({ name, mtu, macAddress: macAddressOf(gateway) }));
  undo.defer(() => routes.trySend(deleteLink({ name })));
  const link = routes.findLink({ name });
  if (link === undefined) throw new EngineError("internal", "it was deleted as it was made");
  return link;
}

/** A bridge that is there and where it is. */
interface Present {
  readonly index: number;
  readonly settings: BridgeSettings;
}

/** A bridge that has an address keeps it: containers of an earlier daemon may be on it. */
function findAddress(routes: RouteSocket, { index, settings }: Present): BridgeAddress | undefined {
  const found = routes.listIpv4Addresses().find(({ linkIndex }) => linkIndex === index);
  if (found === undefined) return undefined;
  const actual = `${found.address}/${found.prefixLength}`;
  if (settings.address === undefined || settings.address === actual) {
    return { gateway: found.address, subnet: subnetOf(found.address, found.prefixLength) };
  }
  throw new EngineError(
    "conflict",
    `it is there with the address ${actual}, and ${settings.address} is wanted; ` +
      "delete it when no container is on it",
  );
}

function giveAddress(routes: RouteSocket, { index, settings }: Present): BridgeAddress {
  const chosen = chooseAddress(routes, settings);
  const { gateway: address, subnet } = chosen;
  routes.send(newAddress({ linkIndex: index, address, prefixLength: subnet.prefixLength }));
  return chosen;
}

function chooseAddress(routes: RouteSocket, { address }: BridgeSettings): BridgeAddress {
  const occupied = listOccupied(routes);
  if (address === undefined) return chooseBridgeAddress(occupied);
  const wanted = parseBridgeAddress(address);
  checkBridgeAddress(wanted, occupied);
  return wanted;
}

function listOccupied(routes: RouteSocket): readonly Occupied[] {
  const addresses = routes.listIpv4Addresses().map(({ address, prefixLength }) => {
    const subnet = subnetOf(address, prefixLength);
    return { subnet, what: `the address ${address}/${prefixLength}` };
  });
  const destinations = routes.listIpv4Routes().map(({ destination, prefixLength }) => {
    const subnet = subnetOf(destination, prefixLength);
    return { subnet, what: `the route ${formatSubnet(subnet)}` };
  });
  return [...addresses, ...destinations];
}
