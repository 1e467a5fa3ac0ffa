import { RouteSocket } from "../../src/linux/rtnetlink.ts";
import { moveLink } from "../../src/linux/rtnetlink-link.ts";
import { macAddressOf } from "../../src/network/address-pool.ts";
import type { BridgeSettings } from "../../src/network/bridge-link.ts";
import { BridgeNetwork } from "../../src/network/bridge-network.ts";
import { hostLinkName } from "../../src/network/container-link.ts";
import { toText } from "../../src/network/ipv4-subnet.ts";
import { NetworkNamespace } from "./network-namespace.ts";

/** A bridge in a subnet that the tests know. */
export const SETTINGS: BridgeSettings = { bridge: "sampan0", address: "10.1.0.1/16", mtu: 1500 };
/** The other machine's address. */
export const OUTSIDE = "192.0.2.9";
/** The host's address on the way to it. */
export const HOST_OUTSIDE = "192.0.2.1";

/** A network namespace that plays the host, with a network that is not set up yet. */
export function makeHost(settings: BridgeSettings = SETTINGS) {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const network = undo.use(host.run(() => new BridgeNetwork(settings)));
  const routes = undo.use(host.run(() => new RouteSocket()));
  const ip = (...words: readonly string[]) => JSON.parse(host.exec("ip", "-j", ...words) || "[]");
  return {
    host,
    network,
    routes,
    undo,
    ip,
    ensure: () => host.run(() => network.ensure()),
    /** A container's namespace on the bridge, set up as init does it. */
    connect: (number: number) => {
      const container = undo.use(new NetworkNamespace());
      const { requests, hostName } = attach(network, { number, namespaceFd: container.fd });
      using inside = container.run(() => new RouteSocket());
      inside.send(...requests);
      return { container, hostName };
    },
    rules: () => host.exec("nft", "list", "ruleset").replaceAll(/packets \d+ bytes \d+/g, ""),
    [Symbol.dispose]: () => undo.dispose(),
  };
}

/** Connects the namespace as a container's, whose address is this many after the subnet's first. */
export function attach(network: BridgeNetwork, place: { number: number; namespaceFd: number }) {
  const address = toText(network.address.subnet.first + place.number);
  const containerId = `${place.number.toString(16)}f`.padEnd(64, "0");
  const hostName = hostLinkName(containerId);
  const { namespaceFd } = place;
  const macAddress = macAddressOf(address);
  const link = { containerId, address, macAddress, hostName, namespaceFd };
  return { requests: network.attach(link), hostName };
}

/** What makeHost() makes. */
export type Host = ReturnType<typeof makeHost>;

/** Another machine, which the host reaches through a network card of its own. */
export function addOutside({ host, routes, undo }: Host): NetworkNamespace {
  const outside = undo.use(new NetworkNamespace());
  host.exec("ip", "link", "add", "wan", "type", "veth", "peer", "name", "wire");
  routes.send(moveLink({ name: "wire" }, outside.fd));
  host.exec("ip", "address", "add", `${HOST_OUTSIDE}/24`, "dev", "wan");
  host.exec("ip", "link", "set", "wan", "up");
  outside.exec("ip", "address", "add", `${OUTSIDE}/24`, "dev", "wire");
  outside.exec("ip", "link", "set", "wire", "up");
  return outside;
}
