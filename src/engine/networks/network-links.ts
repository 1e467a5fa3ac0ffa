import { familyNameOf } from "../../network/address-range.ts";
import { BridgeNetwork, type BridgeSettings } from "../../network/bridge-network.ts";
import type { HostNetworking } from "../../network/host-networking.ts";
import type { NetworkLink } from "../../network/network-link.ts";
import { ParentNetwork } from "../../network/parent-network.ts";
import { parseCidr } from "../../network/subnet.ts";
import { type BridgeOptions, parseBridgeOptions } from "./bridge-options.ts";
import { Network } from "./network.ts";
import type { NetworkRecord } from "./network-record.ts";
import { parseParentOptions } from "./parent-options.ts";

/** What networks are made with on the host. */
export interface NetworkMaking {
  readonly host: HostNetworking;
  /** Of networks that say nothing of theirs. */
  readonly mtu: number;
}

/** A network as its record says; nothing is made on the host yet. */
export function buildNetwork(making: NetworkMaking, record: NetworkRecord): Network {
  const options = parseBridgeOptions(record.options);
  return new Network(record, { options, link: buildLink(making, record, options) });
}

/** The name of a network's bridge on the host. */
export function bridgeName({ id }: NetworkRecord, { bridge }: BridgeOptions): string {
  return bridge === "" ? `br-${id.slice(0, 12)}` : bridge;
}

function buildLink(
  { host, mtu }: NetworkMaking,
  record: NetworkRecord,
  options: BridgeOptions,
): NetworkLink | undefined {
  switch (record.driver) {
    case "host":
    case "null":
      return undefined;
    case "bridge":
      return new BridgeNetwork(host, {
        bridge: bridgeName(record, options),
        addresses: gatewaysOf(record, options),
        mtu: options.mtu ?? mtu,
        rules: rulesOf(record, options),
      });
    case "macvlan":
    case "ipvlan":
      return new ParentNetwork(host, {
        ...parseParentOptions(record.driver, record.options),
        mtu: options.mtu ?? mtu,
        networkId: record.id,
      });
  }
}

function rulesOf(
  { ipam, internal }: NetworkRecord,
  { icc, masquerade, gatewayMode, hostAddress }: BridgeOptions,
): BridgeSettings["rules"] {
  const { ipv4, ipv6 } = hostAddress;
  // What is reached by its own address answers by it.
  const isHidden = (mode: BridgeOptions["gatewayMode"]["ipv4"]) => masquerade && mode !== "routed";
  return {
    subnets: ipam.pools.map(({ subnet }) => subnet),
    masquerade: { ipv4: isHidden(gatewayMode.ipv4), ipv6: isHidden(gatewayMode.ipv6) },
    hostAddress: { ...(ipv4 === "" ? {} : { ipv4 }), ...(ipv6 === "" ? {} : { ipv6 }) },
    internal,
    icc,
    gatewayMode,
  };
}

/** The bridge's own addresses. One that is isolated from its containers has none. */
function gatewaysOf({ ipam }: NetworkRecord, options: BridgeOptions): readonly string[] {
  return ipam.pools
    .filter(({ gateway }) => gateway !== "")
    .filter(({ subnet }) => {
      const family = familyNameOf(subnet);
      const isBare = family === "ipv4" && options.inhibitIpv4;
      return options.gatewayMode[family] !== "isolated" && !isBare;
    })
    .map(({ subnet, gateway }) => `${gateway}/${parseCidr(subnet).subnet.prefixLength}`);
}
