import { EngineError } from "../../base/errors.ts";
import { ContainerSandbox } from "../../network/container-sandbox.ts";
import type { EndpointRequest } from "../model.ts";
import { checkEndpoint } from "../networks/check-endpoint.ts";
import type { NetworkMembers } from "../networks/engine-networks.ts";
import type { Network } from "../networks/network.ts";
import { networkEvent } from "../networks/network-events.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { rewriteNameFiles } from "./files.ts";
import { type ContainerRecord, type EndpointRecord, NO_ENDPOINT, toRow } from "./record.ts";

/** Puts containers on networks and takes them off, whether they run or not. */
export class ContainerMembers implements NetworkMembers {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async connect(network: Network, ref: string, request: EndpointRequest): Promise<void> {
    const container = this.#context.containers.get(ref);
    await container.lock.run(async () => {
      checkConnect(container, network);
      checkEndpoint(network, request);
      const endpoint = {
        network: network.name,
        networkId: network.id,
        request: { ...request, network: network.name },
        live: NO_ENDPOINT,
      };
      const placed = await this.#place(container, endpoint);
      this.#keep(container, [...others(container.record, network), placed]);
      this.#context.events.publish(networkEvent(network.record, "connect", container.id));
    });
  }

  async disconnect(
    network: Network,
    ref: string,
    { force }: { readonly force: boolean },
  ): Promise<void> {
    const container = this.#context.containers.find(ref);
    if (container === undefined) {
      // A container that is gone has nothing left on any network, so there is nothing to force.
      if (force && network.members.get(ref) === undefined) return;
      throw new EngineError("not-found", `No such container: ${ref}`);
    }
    await container.lock.run(async () => {
      const endpoint = findEndpoint(container.record, network);
      checkDisconnect(container.record, network, endpoint);
      if (endpoint === undefined) return;
      await this.#leave(container, endpoint);
      this.#keep(container, others(container.record, network));
      this.#context.events.publish(networkEvent(network.record, "disconnect", container.id));
    });
  }

  async #place(container: Container, endpoint: EndpointRecord): Promise<EndpointRecord> {
    const { running, record } = container;
    if (running === undefined) return endpoint;
    using sandbox = ContainerSandbox.open(running.pid);
    return await this.#context.networks.connectLive(record, endpoint, sandbox);
  }

  async #leave(container: Container, endpoint: EndpointRecord): Promise<void> {
    const { running, record } = container;
    if (running === undefined) return;
    using sandbox = ContainerSandbox.open(running.pid);
    await this.#context.networks.disconnectLive(record, endpoint, sandbox);
  }

  #keep(container: Container, endpoints: readonly EndpointRecord[]): void {
    const { record, isRunning } = container;
    const { ports } = this.#context.networks;
    const chosenPorts = isRunning ? ports.chosen(record.id) : record.chosenPorts;
    container.record = { ...record, endpoints, chosenPorts };
    this.#context.store.containers.update(toRow(container.record));
    if (container.isRunning) rewriteNameFiles(this.#context, container);
  }
}

function findEndpoint(
  { endpoints }: ContainerRecord,
  network: Network,
): EndpointRecord | undefined {
  return endpoints.find(
    ({ networkId, network: name }) => networkId === network.id || name === network.name,
  );
}

function others(record: ContainerRecord, network: Network): readonly EndpointRecord[] {
  const endpoint = findEndpoint(record, network);
  return record.endpoints.filter((other) => other !== endpoint);
}

function checkConnect({ record, isRunning }: Container, network: Network): void {
  const { kind } = record.config.host.network;
  if (kind === "container") {
    throw conflict(
      "container sharing network namespace with another container or host cannot be connected to any other network",
    );
  }
  if (kind === "host" || network.record.driver === "host") {
    throw conflict(
      kind === "host"
        ? "container sharing network namespace with another container or host cannot be connected to any other network"
        : "cannot connect container to host network - container must be created in host network mode",
    );
  }
  if (kind === "none" || network.record.driver === "null") {
    throw conflict(
      "container cannot be connected to multiple networks with one of the networks in private (none) mode",
    );
  }
  // What is asked of one that does not run replaces what was, as in Docker.
  if (isRunning && findEndpoint(record, network) !== undefined) {
    const message = `endpoint with name ${record.name} already exists in network ${network.name}`;
    throw new EngineError("forbidden", message);
  }
}

function checkDisconnect(
  record: ContainerRecord,
  network: Network,
  endpoint: EndpointRecord | undefined,
): void {
  if (network.record.driver === "host" && record.config.host.network.kind === "host") {
    throw conflict(
      "cannot disconnect container from host network - container was created in host network mode",
    );
  }
  if (endpoint !== undefined) return;
  throw new EngineError(
    "forbidden",
    `container ${record.id} is not connected to network ${network.name}`,
  );
}

function conflict(message: string): EngineError {
  return new EngineError("forbidden", message);
}
