import { EngineError, explain } from "../base/errors.ts";
import type { RouteSocket } from "../linux/rtnetlink.ts";
import { newVeth } from "../linux/rtnetlink-create.ts";
import { deleteLink, type Link, setBridgePort } from "../linux/rtnetlink-link.ts";
import type { SysError } from "../linux/syscall.ts";
import { type BridgeLinkSettings, ensureBridgeLink } from "./bridge-link.ts";
import { hostLinkIndex, hostLinkName, randomHostLinkIndex } from "./container-link.ts";
import type { FirewallNetwork } from "./firewall-network.ts";
import type { HostNetworking } from "./host-networking.ts";
import type { LinkRequest, NetworkLink } from "./network-link.ts";

const CONNECT_TRIES = 4;

/** A bridge and how it is to treat its containers. */
export interface BridgeSettings extends BridgeLinkSettings {
  readonly rules: Omit<FirewallNetwork, "bridge">;
}

/**
 * A network that is a bridge on the host, which is the gateway of its containers. It keeps no state that
 * a restarted daemon would miss.
 */
export class BridgeNetwork implements NetworkLink {
  readonly #settings: BridgeSettings;
  readonly #host: HostNetworking;
  #index: number | undefined;

  constructor(host: HostNetworking, settings: BridgeSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  get mtu(): number {
    return this.#settings.mtu;
  }

  /** The bridge's index on the host, once it is there. */
  get index(): number {
    if (this.#index !== undefined) return this.#index;
    throw new EngineError("unavailable", `The bridge "${this.#settings.bridge}" is not set up`);
  }

  ensure(): void {
    const { bridge, rules } = this.#settings;
    using undo = new DisposableStack();
    try {
      const index = ensureBridgeLink(this.#routes, { settings: this.#settings, undo });
      this.#host.firewall.addNetwork({ bridge, ...rules });
      this.#index = index;
      this.#host.bridgeIndexes.add(index);
      undo.move();
    } catch (cause) {
      throw explain(cause, `Cannot set up the bridge "${bridge}"`);
    }
  }

  connect(request: LinkRequest): void {
    try {
      // Someone may have flushed the ruleset since: a container without NAT reaches nothing.
      if (!this.#host.firewall.isIntact()) this.#host.firewall.ensure();
      this.#host.departing.forget(hostLinkName(request.endpointId));
      this.#makePair(request);
    } catch (cause) {
      throw explain(cause, `Cannot connect the container to "${this.#settings.bridge}"`);
    }
  }

  /** The kernel deletes a link with the namespace of its other end, which costs nobody's time. */
  disconnect(endpointId: string): void {
    this.#host.departing.add(hostLinkName(endpointId));
  }

  remove(): void {
    const { bridge } = this.#settings;
    try {
      const link = this.#routes.findLink({ name: bridge });
      if (link !== undefined) this.#removeLink(link.index);
      this.#host.firewall.removeNetwork(bridge);
      this.#host.bridgeIndexes.delete(this.#index ?? -1);
      this.#index = undefined;
    } catch (cause) {
      throw explain(cause, `Cannot remove the bridge "${bridge}"`);
    }
  }

  get #routes(): RouteSocket {
    return this.#host.routes;
  }

  #removeLink(index: number): void {
    const port = this.#listPorts(index).find(({ name }) => !this.#host.departing.has(name));
    if (port !== undefined) throw new EngineError("conflict", `${port.name} is on it`);
    this.#routes.send(deleteLink({ index }));
  }

  #listPorts(index: number): readonly Link[] {
    return this.#routes.listLinks().filter(({ masterIndex }) => masterIndex === index);
  }

  #makePair(request: LinkRequest): void {
    let index = hostLinkIndex(request.endpointId);
    for (let tries = 1; ; tries++) {
      const refusal = this.#tryPair(request, index);
      if (refusal === undefined) return;
      if (tries === CONNECT_TRIES) throw refusal;
      if (this.#routes.findLink({ index }) !== undefined) index = randomHostLinkIndex();
      else if (!this.#isPresent()) this.ensure();
      else throw refusal;
    }
  }

  /** Makes the pair, in one round trip with how the bridge is to treat it; or says why there is none. */
  #tryPair({ endpointId, end: peer }: LinkRequest, index: number): SysError | undefined {
    const { mtu, rules } = this.#settings;
    const name = hostLinkName(endpointId);
    const host = { name, index, masterIndex: this.index };
    const [refusal, another] = this.#routes.trySendAll(
      newVeth({ host, peer, mtu }),
      setBridgePort({ name }, { hairpin: true, isolated: !rules.icc }),
    );
    if (refusal === undefined && another !== undefined) throw another;
    return refusal;
  }

  #isPresent(): boolean {
    return this.#routes.findLink({ index: this.index })?.name === this.#settings.bridge;
  }
}
