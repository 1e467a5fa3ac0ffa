import { EngineError, explain } from "../../base/errors.ts";
import type { NetworkTable } from "../../store/networks.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { Filters } from "../filters.ts";
import type { EndpointRequest } from "../model.ts";
import type { NetworkRequest, Networks, NetworkView } from "../network-facade.ts";
import type { Network } from "./network.ts";
import { networkEvent } from "./network-events.ts";
import { compileNetworkFilters, compilePruneFilters } from "./network-filters.ts";
import { bridgeName, buildNetwork } from "./network-links.ts";
import { toRow } from "./network-record.ts";
import { type NetworkPlanning, planNetwork } from "./plan-network.ts";

/** What the work on networks is done with. */
export interface EngineNetworksParts extends NetworkPlanning {
  readonly table: NetworkTable;
  readonly events: EventBus;
  /** Connects and disconnects containers. */
  readonly members: NetworkMembers;
  readonly report: (error: unknown) => void;
}

/** The containers' side of being on networks. */
export interface NetworkMembers {
  connect(network: Network, container: string, endpoint: EndpointRequest): Promise<void>;
  disconnect(
    network: Network,
    container: string,
    options: { readonly force: boolean },
  ): Promise<void>;
}

/** The networks of this daemon. */
export class EngineNetworks implements Networks {
  readonly #parts: EngineNetworksParts;
  #isPruning = false;

  constructor(parts: EngineNetworksParts) {
    this.#parts = parts;
  }

  /** Nothing waits in here: two at once cannot take the same name or subnet. */
  async create(
    request: NetworkRequest,
  ): Promise<{ readonly id: string; readonly warning: string }> {
    const { networks, table, events } = this.#parts;
    const record = planNetwork(this.#parts, request);
    const network = buildNetwork(this.#parts, record);
    this.#checkBridge(network);
    using undo = new DisposableStack();
    undo.defer(() => network.link?.remove());
    network.link?.ensure();
    table.insert(toRow(record));
    networks.add(network);
    undo.move();
    events.publish(networkEvent(record, "create"));
    return { id: record.id, warning: "" };
  }

  async list(filters: Filters): Promise<readonly NetworkView[]> {
    const isWanted = compileNetworkFilters(filters);
    return this.#parts.networks
      .list()
      .filter(isWanted)
      .map((network) => network.view());
  }

  async get(ref: string): Promise<NetworkView> {
    return this.#parts.networks.get(ref).view();
  }

  async connect(ref: string, container: string, endpoint: EndpointRequest): Promise<void> {
    await this.#parts.members.connect(this.#parts.networks.get(ref), container, endpoint);
  }

  async disconnect(
    ref: string,
    container: string,
    options: { readonly force: boolean },
  ): Promise<void> {
    await this.#parts.members.disconnect(this.#parts.networks.get(ref), container, options);
  }

  async remove(ref: string): Promise<void> {
    const network = this.#parts.networks.get(ref);
    const { name, id, isPredefined } = network.record;
    if (isPredefined) {
      throw new EngineError("forbidden", `${name} is a pre-defined network and cannot be removed`);
    }
    const active = [...network.members.values()].map(
      ({ containerName, endpoint }) =>
        `name:"${containerName}" id:"${endpoint.endpointId.slice(0, 12)}"`,
    );
    if (active.length > 0) {
      throw new EngineError(
        "forbidden",
        `error while removing network: network ${name} has active endpoints (${active.join(", ")})`,
      );
    }
    try {
      this.#remove(network);
    } catch (cause) {
      throw explain(cause, `error while removing network: network ${name} id ${id}`);
    }
  }

  async prune(filters: Filters): Promise<readonly string[]> {
    if (this.#isPruning) throw new EngineError("conflict", "a prune operation is already running");
    this.#isPruning = true;
    try {
      const isWanted = compilePruneFilters(filters);
      const unused = this.#parts.networks
        .list()
        .filter(({ record, members }) => !record.isPredefined && members.size === 0)
        .filter(isWanted);
      const removed = unused.filter((network) => this.#tryRemove(network));
      const attributes = { reclaimed: "0" };
      this.#parts.events.publish({ type: "network", action: "prune", actorId: "", attributes });
      return removed.map(({ name }) => name);
    } finally {
      this.#isPruning = false;
    }
  }

  /** Whether it is gone; why not is reported. */
  #tryRemove(network: Network): boolean {
    try {
      this.#remove(network);
      return true;
    } catch (cause) {
      this.#parts.report(explain(cause, `Cannot prune the network ${network.name}`));
      return false;
    }
  }

  #remove(network: Network): void {
    const { networks, table, events } = this.#parts;
    network.link?.remove();
    table.remove(network.id);
    networks.remove(network);
    events.publish(networkEvent(network.record, "destroy"));
  }

  /** A bridge of that name may be another network's, or somebody else's, whom remove() would rob of it. */
  #checkBridge({ record, options }: Network): void {
    if (record.driver !== "bridge") return;
    const name = bridgeName(record, options);
    const other = this.#parts.networks
      .list()
      .find(
        (network) =>
          network.record.driver === "bridge" &&
          bridgeName(network.record, network.options) === name,
      );
    if (other !== undefined) {
      throw new EngineError("conflict", `bridge name ${name} is in use by network ${other.name}`);
    }
    if (this.#parts.host.routes.findLink({ name }) === undefined) return;
    throw new EngineError(
      "conflict",
      `cannot create network ${record.id} (${name}): a link of that name is there already`,
    );
  }
}
