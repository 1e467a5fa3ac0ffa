import { EngineError, explain } from "../../base/errors.ts";
import type { Firewall } from "../../network/firewall.ts";
import type { PortReservation, PortReservations } from "../../network/port-reservations.ts";
import type { PublishedPort } from "../../network/published-port.ts";
import type { ChosenPort, ContainerRecord } from "../containers/record.ts";
import type { PublishedPortView } from "../facade.ts";
import type { PortRequest } from "../model.ts";
import type { NetworkSet } from "./network-set.ts";
import {
  type PlannedPort,
  type PortTargets,
  planPorts,
  requestedPorts,
  targetsOf,
} from "./port-plan.ts";

/** What ports are published with. */
export interface ContainerPortsParts {
  readonly networks: NetworkSet;
  readonly firewall: Firewall;
  readonly reservations: PortReservations;
  /** Whether the host has IPv6 at all. */
  readonly hasIpv6: boolean;
}

/** One port of a container, held at a port of the host. There may be thousands. */
interface OpenPort extends PlannedPort {
  readonly reservation: PortReservation;
}

/** The published ports of the containers that run. */
export class ContainerPorts {
  readonly #parts: ContainerPortsParts;
  readonly #open = new Map<string, readonly OpenPort[]>();

  constructor(parts: ContainerPortsParts) {
    this.#parts = parts;
  }

  /**
   * Publishes these ports of a container beside those it has: all of them, or none and throws why. Of the
   * wishes, which were chosen for it before, those that are used are taken out.
   */
  publish(
    record: ContainerRecord,
    requests: readonly PortRequest[],
    wishes: ChosenPort[] = [...record.chosenPorts],
  ): void {
    const targets = targetsOf(this.#parts.networks, record.endpoints);
    if (targets === undefined || requests.length === 0) return;
    try {
      const { hasIpv6 } = this.#parts;
      this.#openAll(record.id, planPorts(requests, { targets, hasIpv6 }), wishes);
    } catch (cause) {
      throw explain(
        cause,
        `driver failed programming external connectivity on ${nameOf(record, targets)}`,
      );
    }
  }

  /** Publishes all that a container asks for, at the ports that it had before where they are free. */
  publishAll(record: ContainerRecord): void {
    this.publish(record, requestsOf(record));
  }

  /** Takes up the ports of a container which is running already; reports those that it cannot have again. */
  adopt(record: ContainerRecord, report: (error: unknown) => void): void {
    try {
      this.publishAll(record);
      return;
    } catch {
      // At least one is not to be had: each alone shows which.
    }
    const wishes = [...record.chosenPorts];
    for (const request of requestsOf(record)) {
      try {
        this.publish(record, [request], wishes);
      } catch (error) {
        report(error);
      }
    }
  }

  /**
   * Leads a container's ports to where its gateways now are, after it has joined or left a network. Where
   * it had no gateway before, all that it asks for is published. Where one cannot be, all stay as they were.
   */
  follow(record: ContainerRecord): void {
    const open = this.#of(record.id);
    if (open.length === 0) {
      this.publishAll(record);
      return;
    }
    const requests = open.map(({ request }) => request);
    const targets = targetsOf(this.#parts.networks, record.endpoints);
    const { hasIpv6 } = this.#parts;
    const planned = targets === undefined ? [] : planPorts(requests, { targets, hasIpv6 });
    if (Bun.deepEquals(planned.map(placesOf), open.map(placesOf))) return;
    const chosenPorts = this.chosen(record.id);
    this.release(record.id);
    try {
      this.publish({ ...record, chosenPorts }, requests);
    } catch (error) {
      this.#openAll(record.id, open, [...chosenPorts]);
      throw error;
    }
  }

  /** Withdraws the ports of a container that these requests mean; as far as it has them. */
  withdraw(containerId: string, isMeant: (request: PortRequest) => boolean): void {
    const open = this.#of(containerId);
    const rest = open.filter(({ request }) => !isMeant(request));
    if (rest.length === 0) this.#open.delete(containerId);
    else this.#open.set(containerId, rest);
    this.#close(open.filter(({ request }) => isMeant(request)));
  }

  /** Withdraws all of them; no error where there are none. */
  release(containerId: string): void {
    const open = this.#of(containerId);
    this.#open.delete(containerId);
    this.#close(open);
  }

  /** Where a container's ports are on the host. */
  list(containerId: string): readonly PublishedPortView[] {
    return this.#of(containerId).flatMap(({ request, places, reservation }) =>
      places.map(({ hostAddress }) => ({
        containerPort: request.containerPort,
        protocol: request.protocol,
        hostAddress,
        hostPort: reservation.hostPort,
      })),
    );
  }

  /** Which ports were chosen for a container, where it asked for any one, or for one of several. */
  chosen(containerId: string): readonly ChosenPort[] {
    return this.#of(containerId)
      .filter(
        ({ request: { hostPorts } }) => hostPorts.first === 0 || hostPorts.first < hostPorts.last,
      )
      .map(({ request, reservation }) => ({
        containerPort: request.containerPort,
        protocol: request.protocol,
        hostAddress: request.hostAddress,
        hostPort: reservation.hostPort,
      }));
  }

  #of(containerId: string): readonly OpenPort[] {
    return this.#open.get(containerId) ?? [];
  }

  #openAll(containerId: string, planned: readonly PlannedPort[], wishes: ChosenPort[]): void {
    using undo = new DisposableStack();
    const held = planned.map((port) => this.#hold(port, { wishes, undo }));
    // Apart from the above, which leaves much garbage: what is kept lies close together.
    const opened = planned.map((port, index) => openPort(port, held[index]));
    this.#parts.firewall.publish(opened.flatMap(publishedBy));
    this.#open.set(containerId, [...this.#of(containerId), ...opened]);
    undo.move();
  }

  /** Whatever fails, none of them stays held. */
  #close(ports: readonly OpenPort[]): void {
    if (ports.length === 0) return;
    using held = new DisposableStack();
    for (const { reservation } of ports) held.use(reservation);
    this.#parts.firewall.unpublish(ports.flatMap(publishedBy));
  }

  #hold(
    { request, places }: PlannedPort,
    { wishes, undo }: { readonly wishes: ChosenPort[]; readonly undo: DisposableStack },
  ): PortReservation {
    const [first] = places;
    if (first === undefined) throw new EngineError("internal", "A port was planned for no address");
    const { containerPort, protocol, hostPorts } = request;
    const wish = takeWish(wishes, request);
    const reservation = this.#parts.reservations.reserve({
      protocol,
      addresses: places.map(({ hostAddress }) => hostAddress),
      ...(hostPorts.first === 0 ? {} : { range: hostPorts }),
      ...(wish === undefined ? {} : { wish: wish.hostPort }),
      target: `${first.address}:${containerPort}`,
    });
    return undo.use(reservation);
  }
}

function openPort(port: PlannedPort, reservation: PortReservation | undefined): OpenPort {
  if (reservation === undefined) throw new EngineError("internal", "A port was not held");
  return { ...port, reservation };
}

/** One for each address of the host. */
function publishedBy({ request, places, reservation }: OpenPort): readonly PublishedPort[] {
  const { containerPort: port, protocol } = request;
  const { hostPort } = reservation;
  return places.map((place) => ({ ...place, protocol, port, hostPort }));
}

function requestsOf({ config, effective }: ContainerRecord): readonly PortRequest[] {
  const { publish, publishAll } = config.host;
  return requestedPorts(publish, publishAll ? effective.exposedPorts : []);
}

/** The port that was chosen the last time, which is then no other request's. */
function takeWish(wishes: ChosenPort[], request: PortRequest): ChosenPort | undefined {
  const { containerPort, protocol, hostAddress, hostPorts } = request;
  const index = wishes.findIndex(
    (had) =>
      had.containerPort === containerPort &&
      had.protocol === protocol &&
      had.hostAddress === hostAddress &&
      (hostPorts.first === 0 ||
        (had.hostPort >= hostPorts.first && had.hostPort <= hostPorts.last)),
  );
  return index < 0 ? undefined : wishes.splice(index, 1)[0];
}

function placesOf({ places }: PlannedPort): PlannedPort["places"] {
  return places;
}

function nameOf({ name }: ContainerRecord, { endpointId }: PortTargets): string {
  return `endpoint ${name} (${endpointId})`;
}
