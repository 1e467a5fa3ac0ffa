import { EngineError, explain } from "../base/errors.ts";
import { ConntrackSocket } from "../linux/conntrack.ts";
import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { NftablesSocket } from "../linux/nftables.ts";
import { getElement } from "../linux/nftables-element.ts";
import { deleteTable, newTable, type Table } from "../linux/nftables-message.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { newLoopbackRoute } from "../linux/rtnetlink-address.ts";
import { SysError } from "../linux/syscall.ts";
import { familyNameOf } from "./address-range.ts";
import { DockerUserChain } from "./docker-user.ts";
import { elementsOfNetwork, type FirewallNetwork } from "./firewall-network.ts";
import { planRules } from "./firewall-rules.ts";
import { type Filling, planDrain, planFill, planFrame, tableOf } from "./firewall-table.ts";
import { forgetEarlierFlows, forgetFlowsTo } from "./forgotten-flows.ts";
import { enableIpv4Forwarding, enableIpv6Forwarding, prepareBridge } from "./forwarding.ts";
import { PortRelay } from "./port-relay.ts";
import { isForRelay, type PublishedPort } from "./published-port.ts";
import { PublishedPorts } from "./published-ports.ts";

/** How long a flushed table may be gone. */
const WATCH_MS = 500;
/** How the kernel says that something is not as it was left: gone, or there with other contents. */
const DISTURBED: ReadonlySet<string> = new Set(["ENOENT", "EEXIST"]);
/** How it says that what is there under one of our names is something else. */
const UNLIKE: ReadonlySet<string> = new Set(["EEXIST", "ENOTSUP", "EINVAL", "EBUSY"]);

/**
 * The firewall of one daemon: a table of its own, in the network namespace that its maker was in,
 * which lets packets to containers where they may go and translates published ports. It remembers
 * what it was told, and the table can always be made again from that. Until the first ensure() it only
 * remembers: a daemon that starts tells it all that runs already, and the table that the last one left
 * serves until it is replaced, in one step. All calls are synchronous.
 */
export class Firewall implements Disposable {
  readonly #table: Table;
  readonly #socket = new NftablesSocket();
  readonly #conntrack = new ConntrackSocket();
  readonly #routes = new RouteSocket();
  readonly #dockerUser: DockerUserChain;
  readonly #networks = new Map<string, FirewallNetwork>();
  readonly #ports = new PublishedPorts((port) => this.#isRouted(port));
  #relay: PortRelay | undefined;
  /** Handles of the rules as they were made. */
  #rules: readonly bigint[] = [];
  /** The rule set's generation when the table was last seen whole. */
  #generation = -1;
  #isLive = false;
  /** The generation, and the bridges, of the last look at dockerd's chain. */
  #passing = "";
  #timer: ReturnType<typeof setInterval> | undefined;

  /** The name is that of the daemon's default bridge. */
  constructor(name: string) {
    this.#table = tableOf(name);
    this.#dockerUser = new DockerUserChain(this.#socket, name);
  }

  /** Makes the table, or makes it again, in one batch, and sets the host's switches that it needs. */
  ensure(): void {
    try {
      for (const network of this.#networks.values()) this.#prepare(network);
      this.#restore();
      this.#isLive = true;
      this.#letPass();
    } catch (cause) {
      throw explain(cause, `Cannot set up the firewall table "${this.#table.name}"`);
    }
  }

  /** Whether rules and sets are as they were left, as far as a short look shows. */
  isIntact(generation = this.#socket.generation()): boolean {
    if (generation === this.#generation) return true;
    if (!this.#hasRules() || !this.#hasElements()) return false;
    this.#generation = generation;
    return true;
  }

  /**
   * Makes the table again within half a second when someone flushed it. A look costs some
   * microseconds; messages about every change of anybody's would cost more.
   */
  watch(onFailure: (error: unknown) => void): void {
    this.#timer ??= setInterval(() => {
      try {
        this.#look();
      } catch (error) {
        onFailure(error);
      }
    }, WATCH_MS);
    this.#timer.unref();
  }

  /** Takes a network in, or in place of what was known of its bridge, which must be there. */
  addNetwork(network: FirewallNetwork): void {
    const present = this.#networks.get(network.bridge);
    try {
      const filling = elementsOfNetwork(network);
      this.#prepare(network);
      this.#networks.set(network.bridge, network);
      if (present === undefined) this.#change(planFill(this.#table, filling));
      else if (!Bun.deepEquals(present, network)) this.#restoreIfLive();
      this.#letPass();
    } catch (cause) {
      if (present === undefined) this.#networks.delete(network.bridge);
      else this.#networks.set(network.bridge, present);
      throw explain(cause, `Cannot let "${network.bridge}" through the firewall`);
    }
  }

  /** Forgets a network and the ports that lead there. Idempotent. */
  removeNetwork(bridge: string): void {
    const network = this.#networks.get(bridge);
    if (network === undefined) return;
    this.unpublish(this.#ports.listOf(bridge));
    this.#networks.delete(bridge);
    this.#change(planDrain(this.#table, elementsOfNetwork(network)));
    this.#letPass();
  }

  /** Publishes ports in one batch: all of them, or none. */
  publish(ports: readonly PublishedPort[]): void {
    using undo = new DisposableStack();
    const filling: Filling[number][] = [];
    for (const port of ports) {
      this.#checkNetwork(port.bridge);
      const added = this.#ports.add(port);
      if (added === undefined) continue;
      undo.defer(() => this.#ports.delete(port));
      for (const element of added) filling.push(element);
    }
    if (filling.length > 0) {
      if (this.#relay === undefined && filling.some(isForRelay)) this.#startRelay();
      else this.#change(planFill(this.#table, filling));
      undo.defer(() => this.#change(planDrain(this.#table, filling)));
    }
    if (this.#isLive) forgetEarlierFlows(this.#conntrack, ports);
    undo.move();
  }

  /** Ports that are not there are no error. */
  unpublish(ports: readonly PublishedPort[]): void {
    const filling = ports.flatMap((port) => this.#ports.delete(port));
    if (filling.length === 0) return;
    this.#change(planDrain(this.#table, filling));
    forgetFlowsTo(this.#conntrack, ports);
  }

  /** Takes the table away, with all that is in it, until ensure() is called again. Idempotent. */
  remove(): void {
    this.#dockerUser.ensure([]);
    this.#stopWatching();
    // Making it first lets one batch delete it whether it is there or not.
    this.#socket.apply(newTable(this.#table), deleteTable(this.#table));
    this.#rules = [];
    this.#generation = -1;
    this.#isLive = false;
  }

  /** The table stays: containers go on without the daemon. */
  [Symbol.dispose](): void {
    this.#stopWatching();
    this.#relay?.[Symbol.dispose]();
    this.#routes[Symbol.dispose]();
    this.#conntrack[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }

  #look(): void {
    if (!this.#isLive) return;
    // Asked for once: nearly always it is what it was.
    const generation = this.#socket.generation();
    if (!this.isIntact(generation)) this.#restore();
    this.#letPass(generation);
  }

  #stopWatching(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Applies a small change; where the table is not as it was left, all of it is made again. */
  #change(requests: readonly NetlinkRequest[]): void {
    if (!this.#isLive) return;
    const before = this.#generation;
    try {
      this.#socket.apply(...requests);
    } catch (error) {
      if (!(error instanceof SysError && DISTURBED.has(error.code))) throw error;
      this.#restore();
      return;
    }
    // If someone else changed something meanwhile, the next look goes over everything.
    if (this.#socket.generation() === before + 1) this.#generation = before + 1;
  }

  /** Where dockerd has come, or has made its chains anew, since the last look. */
  #letPass(generation = this.#socket.generation()): void {
    const bridges = [...this.#networks.values()]
      .filter(({ internal }) => !internal)
      .map(({ bridge }) => bridge);
    const wanted = `${generation} ${bridges.join(" ")}`;
    if (!this.#isLive || wanted === this.#passing) return;
    this.#dockerUser.ensure(bridges);
    this.#passing = `${this.#socket.generation()} ${bridges.join(" ")}`;
  }

  #restoreIfLive(): void {
    if (this.#isLive) this.#restore();
  }

  #restore(): void {
    const plan = this.#planTable();
    const before = this.#socket.generation();
    try {
      this.#socket.apply(...plan);
    } catch (error) {
      if (!(error instanceof SysError && UNLIKE.has(error.code))) throw error;
      this.#socket.apply(newTable(this.#table), deleteTable(this.#table), ...plan);
    }
    this.#rules = this.#listRules();
    // If someone else changed something meanwhile, the next look goes over everything.
    this.#generation = this.#socket.generation() === before + 1 ? before + 1 : -1;
  }

  #planTable(): readonly NetlinkRequest[] {
    const networks = [...this.#networks.values()].flatMap(elementsOfNetwork);
    return [
      ...planFrame(this.#table),
      ...planFill(this.#table, [...networks, ...this.#ports.fill()]),
      ...planRules(this.#table, this.#relay?.port),
    ];
  }

  #hasRules(): boolean {
    const present = new Set(this.#listRules());
    const isListed = this.#rules.every((handle) => present.has(handle));
    // They may have been flushed before they were listed the first time.
    return isListed && this.#rules.length >= planRules(this.#table, this.#relay?.port).length;
  }

  #listRules(): readonly bigint[] {
    return this.#socket.listRules(this.#table).map(({ handle }) => handle);
  }

  #hasElements(): boolean {
    const [network] = this.#networks.values();
    const samples = [
      ...(network === undefined ? [] : elementsOfNetwork(network)),
      ...this.#ports.samples(),
    ];
    const table = this.#table;
    return this.#socket.hasElements(
      ...samples.map(([name, element]) => getElement({ table, name }, element)),
    );
  }

  #isRouted({ bridge, address }: PublishedPort): boolean {
    return this.#networks.get(bridge)?.gatewayMode[familyNameOf(address)] === "routed";
  }

  #checkNetwork(bridge: string): void {
    if (this.#networks.has(bridge)) return;
    throw new EngineError("internal", `The firewall knows no network on "${bridge}"`);
  }

  #startRelay(): void {
    this.#relay = new PortRelay((address, hostPort) => {
      const wanted = { protocol: "tcp", hostPort } as const;
      return (
        this.#ports.find({ ...wanted, hostAddress: address }) ??
        this.#ports.find({ ...wanted, hostAddress: "::" })
      );
    });
    this.#restoreIfLive();
  }

  /** Sets the host's switches that a network needs. */
  #prepare({ bridge, subnets }: FirewallNetwork): void {
    enableIpv4Forwarding();
    prepareBridge(bridge);
    if (!subnets.some((subnet) => familyNameOf(subnet) === "ipv6")) return;
    enableIpv6Forwarding();
    const link = this.#routes.findLink({ name: bridge });
    // Refused where it is there already.
    if (link !== undefined) this.#routes.trySend(newLoopbackRoute(link.index));
  }
}
