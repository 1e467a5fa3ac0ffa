import { formatSubnet, parseCidr } from "../../network/subnet.ts";
import type { NetworkRecord } from "./network-record.ts";

/** What the networks follow from that are there from the start. */
export interface PredefinedInputs {
  readonly bridge: string;
  /** The default bridge's own address in CIDR notation. */
  readonly address: string;
  readonly mtu: number;
  readonly startedAt: string;
  /** The id of a network of this name, the same each time. */
  idOf(name: string): string;
}

/** `bridge`, `host` and `none`. */
export function planPredefined(inputs: PredefinedInputs): readonly NetworkRecord[] {
  return [planBridge(inputs), planBare(inputs, "host"), planBare(inputs, "none")];
}

function planBridge({ bridge, address, mtu, startedAt, idOf }: PredefinedInputs): NetworkRecord {
  const { address: gateway, subnet } = parseCidr(address);
  const pool = { subnet: formatSubnet(subnet), range: "", gateway, auxiliary: {}, isStatic: false };
  return {
    ...PREDEFINED,
    id: idOf("bridge"),
    name: "bridge",
    createdAt: startedAt,
    driver: "bridge",
    ipam: { driver: "default", options: {}, pools: [pool] },
    options: {
      "com.docker.network.bridge.default_bridge": "true",
      "com.docker.network.bridge.enable_icc": "true",
      "com.docker.network.bridge.enable_ip_masquerade": "true",
      "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
      "com.docker.network.bridge.name": bridge,
      "com.docker.network.driver.mtu": String(mtu),
    },
  };
}

function planBare({ startedAt, idOf }: PredefinedInputs, name: "host" | "none"): NetworkRecord {
  return {
    ...PREDEFINED,
    id: idOf(name),
    name,
    createdAt: startedAt,
    driver: name === "host" ? "host" : "null",
    ipam: { driver: "default", options: {}, pools: [] },
    options: {},
  };
}

const PREDEFINED = {
  enableIpv4: true,
  enableIpv6: false,
  internal: false,
  attachable: false,
  labels: {},
  isPredefined: true,
} as const;
