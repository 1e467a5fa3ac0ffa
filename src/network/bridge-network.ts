import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { EngineError, explain } from "../base/errors.ts";
import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { NftablesSocket } from "../linux/nftables.ts";
import { deleteTable, newTable } from "../linux/nftables-message.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { newVeth } from "../linux/rtnetlink-create.ts";
import { deleteLink, type Link } from "../linux/rtnetlink-link.ts";
import { type BridgePlace, type BridgeSettings, ensureBridgeLink } from "./bridge-link.ts";
import { planBridgeRules, tableOf } from "./bridge-rules.ts";
import type { BridgeAddress } from "./bridge-subnet.ts";
import {
  ETH0_INDEX,
  hostLinkIndex,
  isHostLinkName,
  planContainerLink,
  randomHostLinkIndex,
} from "./container-link.ts";
import { DepartingLinks } from "./departing-links.ts";

const IP_FORWARD = "/proc/sys/net/ipv4/ip_forward";
const IPV6 = "/proc/sys/net/ipv6";
const ATTACH_TRIES = 4;

/** One container's place on the bridge. */
export interface Attachment {
  readonly containerId: string;
  readonly address: string;
  readonly macAddress: string;
  /** See hostLinkName(). */
  readonly hostName: string;
  /** The container's network namespace. */
  readonly namespaceFd: number;
}

/**
 * The default network: a bridge of the network namespace that its maker was in, which is the gateway
 * of its containers and hides them behind the host's addresses. Nothing outside its own bridge and
 * its own nftables table is touched but the sysctl ip_forward. It keeps no state that a restarted
 * daemon would miss. All calls are synchronous and short: the kernel does the work meanwhile.
 */
export class BridgeNetwork implements Disposable {
  readonly #settings: BridgeSettings;
  readonly #routes = new RouteSocket();
  readonly #firewall = new NftablesSocket();
  readonly #departing = new DepartingLinks(this.#routes);
  readonly #hasIpv6 = existsSync(IPV6);
  #place: BridgePlace | undefined;

  constructor(settings: BridgeSettings) {
    this.#settings = settings;
  }

  /** The bridge's address and subnet. */
  get address(): BridgeAddress {
    return this.#ready();
  }

  /** Makes what is missing: the bridge, its address, forwarding, the rules. Idempotent. */
  ensure(): void {
    const { bridge } = this.#settings;
    using undo = new DisposableStack();
    try {
      const place = ensureBridgeLink(this.#routes, { settings: this.#wanted(), undo });
      enableForwarding();
      this.#firewall.apply(...planBridgeRules(bridge, place.subnet));
      this.#place = place;
      undo.move();
    } catch (cause) {
      throw explain(cause, `Cannot set up the bridge "${bridge}"`);
    }
  }

  /**
   * Puts an eth0 into the container's network namespace, with its other end on the bridge, and
   * returns what init sends in there to set it up. The link goes away with the namespace.
   */
  attach(attachment: Attachment): readonly NetlinkRequest[] {
    try {
      // Someone may have flushed the ruleset since: a container without NAT reaches nothing.
      if (!this.#firewall.hasTable(tableOf(this.#settings.bridge))) this.ensure();
      this.#departing.forget(attachment.hostName);
      this.#connect(attachment);
    } catch (cause) {
      throw explain(cause, `Cannot connect the container to "${this.#settings.bridge}"`);
    }
    const { gateway, subnet } = this.#ready();
    return planContainerLink({
      address: attachment.address,
      prefixLength: subnet.prefixLength,
      gateway,
      mtu: this.#settings.mtu,
      hasIpv6: this.#hasIpv6,
    });
  }

  /**
   * Says that a container has ended. Its link goes with its namespace, which costs nobody's time;
   * one that something else still holds is deleted a moment later. No error where it is gone.
   */
  detach(hostName: string): void {
    this.#departing.add(hostName);
  }

  /** After a restart: takes away the links of containers that ended meanwhile. */
  detachAllBut(hostNames: ReadonlySet<string>): void {
    for (const { name } of this.#listPorts(this.#ready().index)) {
      if (isHostLinkName(name) && !hostNames.has(name)) this.detach(name);
    }
  }

  /** Takes the bridge and its rules away, for a daemon that ends without containers. Idempotent. */
  remove(): void {
    const { bridge } = this.#settings;
    try {
      const link = this.#routes.findLink({ name: bridge });
      if (link !== undefined) this.#removeLink(link.index);
      const table = tableOf(bridge);
      // Making it first lets one batch delete it whether it is there or not.
      this.#firewall.apply(newTable(table), deleteTable(table));
      this.#place = undefined;
    } catch (cause) {
      throw explain(cause, `Cannot remove the bridge "${bridge}"`);
    }
  }

  [Symbol.dispose](): void {
    this.#departing[Symbol.dispose]();
    this.#routes[Symbol.dispose]();
    this.#firewall[Symbol.dispose]();
  }

  #removeLink(index: number): void {
    const port = this.#listPorts(index).find(({ name }) => !this.#departing.has(name));
    if (port !== undefined) throw new EngineError("conflict", `${port.name} is on it`);
    this.#routes.send(deleteLink({ index }));
  }

  #listPorts(index: number): readonly Link[] {
    return this.#routes.listLinks().filter(({ masterIndex }) => masterIndex === index);
  }

  #connect({ containerId, hostName, macAddress, namespaceFd }: Attachment): void {
    let index = hostLinkIndex(containerId);
    for (let tries = 1; ; tries++) {
      const refusal = this.#routes.trySend(
        newVeth({
          host: { name: hostName, index, masterIndex: this.#ready().index },
          peer: { name: "eth0", index: ETH0_INDEX, macAddress, namespaceFd },
          mtu: this.#settings.mtu,
        }),
      );
      if (refusal === undefined) return;
      if (tries === ATTACH_TRIES) throw refusal;
      if (this.#isFromLastLife(hostName)) this.#routes.trySend(deleteLink({ name: hostName }));
      else if (this.#routes.findLink({ index }) !== undefined) index = randomHostLinkIndex();
      else if (!this.#isPresent()) this.ensure();
      else throw refusal;
    }
  }

  /** A container that starts again: the kernel takes its old link away a moment after it ended. */
  #isFromLastLife(hostName: string): boolean {
    return this.#routes.findLink({ name: hostName })?.kind === "veth";
  }

  #isPresent(): boolean {
    return this.#routes.findLink({ index: this.#ready().index })?.name === this.#settings.bridge;
  }

  /** A bridge that someone deleted comes back where it was: containers have its addresses. */
  #wanted(): BridgeSettings {
    if (this.#place === undefined) return this.#settings;
    const { gateway, subnet } = this.#place;
    return { ...this.#settings, address: `${gateway}/${subnet.prefixLength}` };
  }

  #ready(): BridgePlace {
    if (this.#place !== undefined) return this.#place;
    throw new EngineError("unavailable", `The bridge "${this.#settings.bridge}" is not set up`);
  }
}

function enableForwarding(): void {
  if (readFileSync(IP_FORWARD, "utf8").trim() !== "0") return;
  writeFileSync(IP_FORWARD, "1");
}
