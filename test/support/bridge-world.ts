import { RouteSocket } from "../../src/linux/rtnetlink.ts";
import { moveLink } from "../../src/linux/rtnetlink-link.ts";
import { macAddressOf } from "../../src/network/address-pool.ts";
import { BridgeNetwork, type BridgeSettings } from "../../src/network/bridge-network.ts";
import {
  containerLinkIndex,
  hostLinkName,
  planContainerLink,
  planDefaultRoutes,
  planLoopback,
} from "../../src/network/container-link.ts";
import { HostNetworking } from "../../src/network/host-networking.ts";
import { parseCidr, toText } from "../../src/network/subnet.ts";
import { NetworkNamespace } from "./network-namespace.ts";

/** A bridge in a subnet that the tests know. */
export const SETTINGS: BridgeSettings = {
  bridge: "sampan0",
  addresses: ["10.1.0.1/16"],
  mtu: 1500,
  rules: {
    subnets: ["10.1.0.0/16"],
    masquerade: { ipv4: true, ipv6: true },
    internal: false,
    icc: true,
    gatewayMode: { ipv4: "nat", ipv6: "nat" },
  },
};
const GATEWAY = "10.1.0.1";
/** The other machine's address. */
export const OUTSIDE = "192.0.2.9";
/** The host's address on the way to it. */
export const HOST_OUTSIDE = "192.0.2.1";

/** A network namespace that plays the host, with a network that is not set up yet. */
export function makeHost(settings: BridgeSettings = SETTINGS) {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const networking = undo.use(host.run(() => new HostNetworking(settings.bridge)));
  const network = new BridgeNetwork(networking, settings);
  const routes = undo.use(host.run(() => new RouteSocket()));
  const ip = (...words: readonly string[]) => JSON.parse(host.exec("ip", "-j", ...words) || "[]");
  return {
    host,
    networking,
    network,
    routes,
    undo,
    ip,
    ensure: () =>
      host.run(() => {
        network.ensure();
        networking.firewall.ensure();
      }),
    /** A container's namespace on the bridge, set up as init does it. */
    connect: (number: number) => {
      const container = undo.use(new NetworkNamespace());
      const { requests, endpointId } = attach(network, { number, namespaceFd: container.fd });
      using inside = container.run(() => new RouteSocket());
      inside.send(...requests);
      return { container, endpointId, hostName: hostLinkName(endpointId) };
    },
    rules: () => host.exec("nft", "list", "ruleset").replaceAll(/packets \d+ bytes \d+/g, ""),
    [Symbol.dispose]: () => undo.dispose(),
  };
}

/** Connects the namespace as a container's, whose address is this many after the subnet's first. */
export function attach(network: BridgeNetwork, place: { number: number; namespaceFd: number }) {
  const { number, namespaceFd } = place;
  const address = toText(parseCidr("10.1.0.0/16").subnet.first + BigInt(number), 4);
  const endpointId = `${number.toString(16)}f`.padEnd(64, "0");
  const macAddress = macAddressOf(address);
  const index = containerLinkIndex(0);
  network.connect({ endpointId, end: { name: "eth0", index, macAddress, namespaceFd } });
  const addresses = [{ address, prefixLength: 16, gateway: GATEWAY }];
  const requests = [
    ...planLoopback(),
    ...planContainerLink({
      index,
      macAddress,
      addresses,
      linkLocal: [],
      mtu: network.mtu,
      hasIpv6: true,
    }),
    ...planDefaultRoutes(index, addresses),
  ];
  return { requests, endpointId };
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
