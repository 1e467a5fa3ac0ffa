import { existsSync } from "node:fs";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { deleteLink } from "../linux/rtnetlink-link.ts";
import { hostLinkName, isHostLinkName } from "./container-link.ts";
import { DepartingLinks } from "./departing-links.ts";
import { Firewall } from "./firewall.ts";
import { PortReservations } from "./port-reservations.ts";

/** What an earlier daemon left of the links of containers. */
export interface LinksFound {
  /** The endpoints that have no link on the host. */
  readonly missing: ReadonlySet<string>;
  /** How many links were deleted. */
  readonly deleted: number;
}

/** What all networks of a daemon share: sockets into the network namespace that its maker was in. */
export class HostNetworking implements Disposable {
  readonly routes = new RouteSocket();
  readonly firewall: Firewall;
  readonly ports = new PortReservations();
  readonly departing = new DepartingLinks(this.routes);
  /** Whether the kernel has IPv6 at all. */
  readonly hasIpv6 = existsSync("/proc/sys/net/ipv6");

  /** Of the daemon's own bridges: other daemons have links of such names too. */
  readonly bridgeIndexes = new Set<number>();

  /** The name is that of the daemon's default bridge. */
  constructor(name: string) {
    this.firewall = new Firewall(name);
  }

  /**
   * After a restart: deletes at once the links of other endpoints than these, whose containers ended, or
   * were being connected when the last daemon was killed: their addresses are anybody's now.
   */
  removeLinksBut(endpointIds: readonly string[]): LinksFound {
    const missing = new Map(endpointIds.map((id) => [hostLinkName(id), id]));
    let deleted = 0;
    for (const { name, masterIndex = -1 } of this.routes.listLinks()) {
      if (missing.delete(name)) continue;
      if (!this.bridgeIndexes.has(masterIndex) || !isHostLinkName(name)) continue;
      // A refusal means that the kernel was faster.
      if (this.routes.trySend(deleteLink({ name })) === undefined) deleted += 1;
    }
    return { missing: new Set(missing.values()), deleted };
  }

  [Symbol.dispose](): void {
    this.departing[Symbol.dispose]();
    this.routes[Symbol.dispose]();
    this.ports[Symbol.dispose]();
    this.firewall[Symbol.dispose]();
  }
}
