import { familyOf } from "../../network/subnet.ts";
import type { ContainerNetworkView, ContainerView, EndpointView } from "../facade.ts";
import type { NetworkMode } from "../model.ts";
import { viewMounts } from "../spec/container-mounts.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";
import type { EndpointRecord } from "./record.ts";

/** What list and inspect show of a container. */
export function viewContainer(context: Context, container: Container): ContainerView {
  const { record, health } = container;
  const files = filesOf(context, record.id);
  const { driver, lowers, upper, work } = container.snapshot;
  return {
    id: record.id,
    name: record.name,
    createdAt: record.createdAt,
    config: record.config,
    effective: record.effective,
    imageId: record.imageId,
    state: record.state,
    ...(health === undefined ? {} : { health }),
    mounts: viewMounts(record.mounts),
    network: viewNetwork(context, container),
    execIds: [...container.execIds],
    restartCount: record.restartCount,
    logPath: record.config.host.log.driver === "json-file" ? files.log : "",
    hostnamePath: files.hostname,
    hostsPath: files.hosts,
    resolvConfPath: files.resolvConf,
    userNamespace: record.userNamespace,
    storage: { driver, lowers, upper, work },
  };
}

/** With the sizes, which have to be counted on the disk. */
export async function viewWithSize(context: Context, container: Container): Promise<ContainerView> {
  const view = viewContainer(context, container);
  const { snapshots } = context.store;
  const writableBytes = await snapshots.size(view.id);
  return {
    ...view,
    size: { writableBytes, rootBytes: writableBytes + snapshots.lowerSize(view.id) },
  };
}

/** Docker's word for it. */
export function modeText(mode: NetworkMode): string {
  switch (mode.kind) {
    case "container":
      return `container:${mode.container}`;
    case "network":
      return mode.network;
    case "none":
    case "host":
      return mode.kind;
  }
}

function viewNetwork(context: Context, { record, isRunning }: Container): ContainerNetworkView {
  return {
    mode: modeText(record.config.host.network),
    namespacePath: record.state.pid === 0 ? "" : `/proc/${record.state.pid}/ns/net`,
    endpoints: record.endpoints.map(viewEndpoint),
    ports: isRunning ? context.networks.ports.list(record.id) : [],
  };
}

function viewEndpoint({ network, networkId, request, live }: EndpointRecord): EndpointView {
  const ofFamily = (family: 4 | 6) =>
    live.addresses.find(({ address }) => familyOf(address) === family) ?? NO_ADDRESS;
  return {
    network,
    networkId,
    request,
    endpointId: live.endpointId,
    macAddress: live.macAddress,
    ipv4: ofFamily(4),
    ipv6: ofFamily(6),
    names: live.names,
  };
}

const NO_ADDRESS = { address: "", prefixLength: 0, gateway: "" };
