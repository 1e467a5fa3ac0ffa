import { randomBytes } from "node:crypto";
import { explain } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import { chooseDefaultAddress, type DefaultBridgeOptions } from "../../network/default-bridge.ts";
import type { HostNetworking } from "../../network/host-networking.ts";
import { formatSubnet, parseCidr, type Subnet } from "../../network/subnet.ts";
import { IPV4_POOLS, type SubnetPool, uniqueLocalPool } from "../../network/subnet-pools.ts";
import type { Store } from "../../store/store.ts";
import { buildNetwork, type NetworkMaking } from "./network-links.ts";
import { fromRow, type NetworkRecord } from "./network-record.ts";
import { NetworkSet } from "./network-set.ts";
import type { NetworkPlanning } from "./plan-network.ts";
import { planPredefined } from "./predefined.ts";

/** What a daemon is told of its networks. */
export interface NetworkOptions {
  /** The default bridge's name on the host. */
  readonly bridge: string;
  /** What `--bip` says. Undefined: the first predefined pool that is free. */
  readonly address?: string;
  readonly mtu: number;
  /** Where subnets are chosen from; empty: Docker's. */
  readonly pools: readonly SubnetPool[];
}

export interface OpenedNetworks {
  readonly networks: NetworkSet;
  readonly planning: NetworkPlanning;
  /** The default bridge's own address. */
  readonly hostGateway: string;
  readonly defaultBridge: { readonly name: string; readonly subnet: string };
}

/** Sets up the networks that are there from the start, and those that users made. */
export function openNetworks(options: {
  readonly store: Pick<Store, "settings" | "networks">;
  readonly host: HostNetworking;
  readonly network: NetworkOptions;
  readonly report: (error: unknown) => void;
}): OpenedNetworks {
  const { store, host, network, report } = options;
  const idOf = (name: string) =>
    store.settings.ensure(`${name}-id`, () => randomBytes(32).toString("hex"));
  const pools = allPools(network.pools, idOf("bridge"));
  const records = store.networks.list().map(fromRow);
  const address = defaultAddress(host, { ...network, pools, others: records.flatMap(subnetsOf) });
  const networks = new NetworkSet();
  const making = { host, mtu: network.mtu };
  const startedAt = formatTime(nowNs());
  for (const record of planPredefined({ ...network, address, startedAt, idOf })) {
    const made = buildNetwork(making, record);
    made.link?.ensure();
    networks.add(made);
  }
  for (const record of records) {
    networks.add(takeUp(making, { record, report }));
  }
  const planning = { networks, pools, ...making };
  const { address: hostGateway, subnet } = parseCidr(address);
  const defaultBridge = { name: network.bridge, subnet: formatSubnet(subnet) };
  return { networks, planning, hostGateway, defaultBridge };
}

/**
 * Takes all networks away from the host, where no container is on them: the next daemon makes them anew. A
 * bridge on which somebody else has put a link stays, and is reported.
 */
export function leaveHost(
  { networks, planning }: OpenedNetworks,
  report: (error: unknown) => void,
): void {
  for (const { link } of networks.list()) {
    try {
      link?.remove();
    } catch (error) {
      report(error);
    }
  }
  planning.host.firewall.remove();
}

/** One that cannot be set up is there all the same: its containers say why they cannot start. */
function takeUp(
  making: NetworkMaking,
  { record, report }: { readonly record: NetworkRecord; readonly report: (error: unknown) => void },
) {
  const network = buildNetwork(making, record);
  try {
    network.link?.ensure();
  } catch (cause) {
    report(explain(cause, `Cannot set up network "${record.name}"`));
  }
  return network;
}

function defaultAddress(host: HostNetworking, options: DefaultBridgeOptions): string {
  try {
    return chooseDefaultAddress(host.routes, options);
  } catch (cause) {
    throw explain(cause, `Cannot set up the bridge "${options.bridge}"`);
  }
}

function subnetsOf({ ipam }: NetworkRecord): readonly Subnet[] {
  return ipam.pools.map(({ subnet }) => parseCidr(subnet).subnet);
}

/** Who asks for pools of one family still gets Docker's of the other. */
function allPools(asked: readonly SubnetPool[], installationId: string): readonly SubnetPool[] {
  const has = (family: 4 | 6) => asked.some(({ base }) => base.family === family);
  return [
    ...asked,
    ...(has(4) ? [] : IPV4_POOLS),
    ...(has(6) ? [] : [uniqueLocalPool(installationId)]),
  ];
}
