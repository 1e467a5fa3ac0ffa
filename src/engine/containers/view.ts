import type { ContainerView, NetworkView } from "../facade.ts";
import { viewMounts } from "../spec/container-mounts.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";

/** What list and inspect show of a container. */
export function viewContainer(context: Context, container: Container): ContainerView {
  const { record } = container;
  const files = filesOf(context, record.id);
  const { lowers, upper, work } = container.root;
  return {
    id: record.id,
    name: record.name,
    createdAt: record.createdAt,
    config: record.config,
    effective: record.effective,
    imageId: record.imageId,
    state: record.state,
    mounts: viewMounts(record.mounts),
    network: viewNetwork(context, container),
    execIds: [...container.execIds],
    restartCount: record.restartCount,
    logPath: record.config.host.log.driver === "json-file" ? files.log : "",
    hostnamePath: files.hostname,
    hostsPath: files.hosts,
    resolvConfPath: files.resolvConf,
    userNamespace: record.userNamespace,
    overlay: { lower: lowers, upper, work },
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

function viewNetwork({ network }: Context, { record }: Container): NetworkView {
  const mode = record.config.host.network;
  return {
    ...record.endpoint,
    mode: mode.kind === "container" ? `container:${mode.container}` : mode.kind,
    networkId: mode.kind === "bridge" ? network.id : "",
    namespacePath: record.state.pid === 0 ? "" : `/proc/${record.state.pid}/ns/net`,
  };
}
