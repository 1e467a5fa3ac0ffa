import { EngineError } from "../../base/errors.ts";
import type { PortChange } from "../facade.ts";
import type { PortRequest } from "../model.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { type ContainerRecord, toRow } from "./record.ts";

/** Publishes and withdraws ports of a container; one that runs goes on meanwhile. */
export async function updatePorts(
  context: Context,
  container: Container,
  change: PortChange,
): Promise<void> {
  await container.lock.run(async () => {
    const { record } = container;
    checkCanPublish(record);
    const kept = record.config.host.publish.filter((port) => !isMeant(change, port));
    checkRemovals(record.config.host.publish, change);
    if (container.isRunning) apply(context, record, change);
    const publish = [...kept, ...change.add];
    const host = { ...record.config.host, publish };
    const { ports } = context.networks;
    const chosenPorts = container.isRunning ? ports.chosen(record.id) : record.chosenPorts;
    container.record = { ...record, config: { ...record.config, host }, chosenPorts };
    context.store.containers.update(toRow(container.record));
    context.events.publish(containerEvent(container.record, "update"));
  });
}

/** What is withdrawn comes first: a port may move to another one of the host. Failing, it is put back. */
function apply({ networks }: Context, record: ContainerRecord, change: PortChange): void {
  const before = record.config.host.publish.filter((port) => isMeant(change, port));
  networks.ports.withdraw(record.id, (port) => isMeant(change, port));
  try {
    networks.ports.publish(record, change.add);
  } catch (error) {
    networks.ports.publish(record, before);
    throw error;
  }
}

function checkCanPublish({ config }: ContainerRecord): void {
  if (config.host.network.kind === "network") return;
  throw new EngineError(
    "invalid",
    `ports cannot be published with the network mode "${config.host.network.kind}"`,
  );
}

function checkRemovals(publish: readonly PortRequest[], { remove }: PortChange): void {
  const unknown = remove.find((removal) => !publish.some((port) => matches(removal, port)));
  if (unknown === undefined) return;
  const { containerPort, protocol } = unknown;
  throw new EngineError("not-found", `No public port '${containerPort}/${protocol}' published`);
}

function isMeant({ remove }: PortChange, port: PortRequest): boolean {
  return remove.some((removal) => matches(removal, port));
}

/** What a removal leaves open matches anything. */
function matches(removal: PortRequest, port: PortRequest): boolean {
  return (
    removal.containerPort === port.containerPort &&
    removal.protocol === port.protocol &&
    (removal.hostAddress === "" || removal.hostAddress === port.hostAddress) &&
    (removal.hostPorts.first === 0 ||
      (removal.hostPorts.first === port.hostPorts.first &&
        removal.hostPorts.last === port.hostPorts.last))
  );
}
