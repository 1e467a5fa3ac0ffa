import { EngineError, explain } from "../../base/errors.ts";
import { containerLinkIndex, planLoopback } from "../../network/container-link.ts";
import { ContainerSandbox, type NamespaceSetup } from "../../network/container-sandbox.ts";
import type { HostNetworking } from "../../network/host-networking.ts";
import type { ContainerRecord, EndpointRecord } from "../containers/record.ts";
import { NO_ENDPOINT } from "../containers/record.ts";
import type { EventBus } from "../events/event-bus.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { ContainerNames } from "./container-names.ts";
import { ContainerPorts } from "./container-ports.ts";
import { parseEndpointOptions } from "./endpoint-options.ts";
import { chooseInterfaceName, freePlace } from "./endpoint-plan.ts";
import { planGateways, planLink } from "./link-plan.ts";
import type { Network } from "./network.ts";
import { networkEvent } from "./network-events.ts";
import type { NetworkSet } from "./network-set.ts";

/** What a container's place on its networks is made with. */
export interface ContainerNetworksParts {
  readonly networks: NetworkSet;
  readonly host: HostNetworking;
  readonly events: EventBus;
}

/** Puts containers on their networks, and takes them off again. */
export class ContainerNetworks {
  readonly all: NetworkSet;
  readonly names: ContainerNames;
  readonly ports: ContainerPorts;
  readonly #host: HostNetworking;
  readonly #events: EventBus;

  constructor({ networks, host, events }: ContainerNetworksParts) {
    this.all = networks;
    this.names = new ContainerNames(networks);
    this.ports = new ContainerPorts({
      networks,
      firewall: host.firewall,
      reservations: host.ports,
      hasIpv6: host.hasIpv6,
    });
    this.#host = host;
    this.#events = events;
  }

  /** Takes places and ports for a container that starts, and says which; release() gives them back. */
  reserve(record: ContainerRecord): ContainerRecord {
    using undo = new DisposableStack();
    const reserved: EndpointRecord[] = [];
    for (const endpoint of record.endpoints) {
      const placed = this.#place(record, { endpoint, beside: reserved });
      undo.defer(() => this.#leave(record.id, placed));
      reserved.push(placed);
    }
    const placed = { ...record, endpoints: reserved };
    this.ports.publishAll(placed);
    undo.move();
    for (const endpoint of reserved) this.#tell("connect", record.id, endpoint);
    return { ...placed, chosenPorts: this.ports.chosen(record.id) };
  }

  /** Makes the links into a container's namespace; says what is to be asked of rtnetlink in there. */
  connect(record: ContainerRecord, sandbox: ContainerSandbox): NamespaceSetup {
    const linked = record.endpoints.filter(hasLink);
    const links = linked.flatMap((endpoint) => this.#link(endpoint, sandbox));
    this.names.update(record, sandbox.namespaceFd);
    return [...planLoopback(), ...links, ...planGateways(linked)];
  }

  /** Puts a running container on one more network; the endpoint as it is then. */
  async connectLive(
    record: ContainerRecord,
    endpoint: EndpointRecord,
    sandbox: ContainerSandbox,
  ): Promise<EndpointRecord> {
    await using undo = new AsyncDisposableStack();
    const placed = this.#place(record, { endpoint, beside: record.endpoints });
    undo.defer(() => this.#leave(record.id, placed));
    const changed = { ...record, endpoints: [...record.endpoints, placed] };
    if (hasLink(placed)) {
      undo.defer(async () => {
        await sandbox.removeLink(containerLinkIndex(placed.live.place));
        sandbox.reroute({ before: [], after: planGateways(record.endpoints) });
      });
      sandbox.send(this.#link(placed, sandbox));
      sandbox.reroute({
        before: planGateways(record.endpoints, { reverse: true }),
        after: planGateways(changed.endpoints),
      });
    }
    undo.defer(() => this.names.update(record, sandbox.namespaceFd));
    this.names.update(changed, sandbox.namespaceFd);
    this.ports.follow(changed);
    undo.move();
    return placed;
  }

  /** Takes a running container off one of its networks. */
  async disconnectLive(
    record: ContainerRecord,
    endpoint: EndpointRecord,
    sandbox: ContainerSandbox,
  ): Promise<void> {
    await using undo = new AsyncDisposableStack();
    const rest = record.endpoints.filter(({ network }) => network !== endpoint.network);
    const changed = { ...record, endpoints: rest };
    // Before the link goes, as the ports that are left may have nowhere to lead to.
    this.ports.follow(changed);
    undo.defer(() => this.ports.follow(record));
    if (hasLink(endpoint)) {
      await sandbox.removeLink(containerLinkIndex(endpoint.live.place));
      sandbox.reroute({ before: [], after: planGateways(rest) });
    }
    this.names.update(changed, sandbox.namespaceFd);
    undo.move();
    this.#leave(record.id, endpoint);
  }

  /** Gives back all that a container has on its networks; no error where that is gone. */
  release({ id, endpoints }: ContainerRecord): void {
    this.names.close(id);
    this.ports.release(id);
    for (const endpoint of endpoints.filter(isLive)) {
      this.#leave(id, endpoint);
      this.#tell("disconnect", id, endpoint);
    }
  }

  /**
   * Takes up what a container has which is running already, and says with which ports. What cannot be had
   * again, such as a port that another program has taken meanwhile, is reported: the rest goes on.
   */
  adopt(record: ContainerRecord, report: (error: unknown) => void): ContainerRecord {
    const attempt = (action: () => void) => {
      try {
        action();
      } catch (error) {
        report(error);
      }
    };
    for (const endpoint of record.endpoints.filter(isLive)) {
      const network = this.all.find(endpoint.networkId);
      network?.join(memberOf(record, endpoint));
      attempt(() => network?.adopt(endpoint.live));
    }
    this.ports.adopt(record, report);
    attempt(() => {
      using sandbox = ContainerSandbox.find(record.state.pid);
      // Of one that has just ended nobody can ask for names.
      if (sandbox !== undefined) this.names.update(record, sandbox.namespaceFd);
    });
    return { ...record, chosenPorts: this.ports.chosen(record.id) };
  }

  /**
   * After a restart, when all that run are taken up: undoes what the last daemon had done half when it was
   * killed. Each of them has the links and the gateways that its record says, and no others.
   */
  settle(records: readonly ContainerRecord[], report: (error: unknown) => void): void {
    const known = records.flatMap(({ endpoints }) => endpoints.filter(hasLink));
    const ids = known.map(({ live }) => live.endpointId);
    const { missing, deleted } = this.#host.removeLinksBut(ids);
    for (const record of records) {
      const lost = record.endpoints.filter(({ live }) => missing.has(live.endpointId));
      if (deleted === 0 && lost.length === 0) continue;
      try {
        this.#mend(record, lost);
      } catch (cause) {
        report(explain(cause, `Cannot mend the networks of container "${record.name}"`));
      }
    }
  }

  /** The endpoints of a container that has got another name, by which the others find it from now on. */
  rename(record: ContainerRecord): readonly EndpointRecord[] {
    return record.endpoints.map((endpoint) => {
      const network = isLive(endpoint) ? this.all.find(endpoint.networkId) : undefined;
      if (network === undefined) return endpoint;
      const names = network.hasNames ? namesOf(record, endpoint) : [];
      const renamed = { ...endpoint, live: { ...endpoint.live, names } };
      network.join(memberOf(record, renamed));
      return renamed;
    });
  }

  #place(
    record: ContainerRecord,
    {
      endpoint,
      beside,
    }: { readonly endpoint: EndpointRecord; readonly beside: readonly EndpointRecord[] },
  ): EndpointRecord {
    const network = this.#networkOf(endpoint);
    checkEndpoint(network, endpoint.request);
    const place = freePlace(beside);
    const interfaceName =
      network.link === undefined
        ? ""
        : chooseInterfaceName(endpoint, {
            prefix: network.options.interfacePrefix,
            place,
            others: [...record.endpoints, ...beside].filter((other) => !isSame(other, endpoint)),
          });
    const live = network.reserve(endpoint.request);
    const names = network.hasNames ? namesOf(record, endpoint) : [];
    const placed: EndpointRecord = {
      ...endpoint,
      network: network.name,
      networkId: network.id,
      live: { ...live, place, interfaceName, names },
    };
    network.join(memberOf(record, placed));
    return placed;
  }

  #link(endpoint: EndpointRecord, sandbox: ContainerSandbox): NamespaceSetup {
    const { link } = this.#networkOf(endpoint);
    if (link === undefined) return [];
    const { endpointId, interfaceName, place, macAddress } = endpoint.live;
    const index = containerLinkIndex(place);
    const { namespaceFd } = sandbox;
    link.connect({ endpointId, end: { name: interfaceName, index, macAddress, namespaceFd } });
    const { sysctls } = parseEndpointOptions(endpoint.request.driverOptions);
    sandbox.setSysctls(interfaceName, sysctls);
    return planLink(endpoint, { mtu: link.mtu, hasIpv6: this.#host.hasIpv6 });
  }

  /** Makes links that are missing in a running container, and its routes to elsewhere. */
  #mend(record: ContainerRecord, endpoints: readonly EndpointRecord[]): void {
    using sandbox = ContainerSandbox.find(record.state.pid);
    if (sandbox === undefined) return;
    for (const endpoint of endpoints) {
      // Those on a parent of the host's have no end out here.
      if (sandbox.hasLink(containerLinkIndex(endpoint.live.place))) continue;
      sandbox.send(this.#link(endpoint, sandbox));
    }
    sandbox.reroute({ before: [], after: planGateways(record.endpoints.filter(hasLink)) });
  }

  #leave(containerId: string, { networkId, live }: EndpointRecord): void {
    const network = this.all.find(networkId);
    if (network === undefined) return;
    network.leave(containerId);
    network.unreserve(live);
    if (live.interfaceName !== "") network.link?.disconnect(live.endpointId);
  }

  #tell(
    action: "connect" | "disconnect",
    containerId: string,
    { networkId }: EndpointRecord,
  ): void {
    const network = this.all.find(networkId);
    if (network === undefined) return;
    this.#events.publish(networkEvent(network.record, action, containerId));
  }

  #networkOf({ network, networkId }: EndpointRecord): Network {
    // By its name too: it may have been removed, and made again, since the container was.
    const found = this.all.find(networkId === "" ? network : networkId) ?? this.all.find(network);
    if (found !== undefined) return found;
    throw new EngineError(
      "not-found",
      `network ${networkId === "" ? network : networkId} not found`,
    );
  }
}

/** What a container's place is once it does not run any more. */
export function withoutPlaces(endpoints: readonly EndpointRecord[]): readonly EndpointRecord[] {
  return endpoints.map((endpoint) => ({ ...endpoint, live: NO_ENDPOINT }));
}

function isLive({ live }: EndpointRecord): boolean {
  return live.endpointId !== "";
}

/** Endpoints of one container. */
function isSame(one: EndpointRecord, other: EndpointRecord): boolean {
  return one.network === other.network;
}

function hasLink({ live }: EndpointRecord): boolean {
  return live.interfaceName !== "";
}

function memberOf({ id, name }: ContainerRecord, { live }: EndpointRecord) {
  return { containerId: id, containerName: name, endpoint: live };
}

/** Docker's order: the name, what else it is to be known by, the short id, the hostname. */
function namesOf(record: ContainerRecord, { request }: EndpointRecord): readonly string[] {
  const { id, name, effective } = record;
  return [...new Set([name, ...request.aliases, id.slice(0, 12), effective.hostname])].filter(
    (text) => text !== "",
  );
}
