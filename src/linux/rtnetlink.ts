import { NETLINK, NetlinkSocket } from "./netlink.ts";
import type { NetlinkRequest } from "./netlink-message.ts";
import {
  decodeAddress,
  decodeRoute,
  dumpAddresses,
  dumpRoutes,
  type LinkAddress,
  type ListedRoute,
} from "./rtnetlink-address.ts";
import { decodeLink, dumpLinks, getLink, type Link, type LinkReference } from "./rtnetlink-link.ts";
import type { SysError } from "./syscall.ts";

/** Links, addresses and routes of the network namespace that its maker was in. rtnetlink(7). */
export class RouteSocket implements Disposable {
  readonly #socket = new NetlinkSocket(NETLINK.ROUTE);

  /** Sends requests in one round trip; each is done or refused by itself, and the first refusal thrown. */
  send(...requests: readonly NetlinkRequest[]): void {
    this.#socket.send(requests);
  }

  /** As send(), for one request whose refusal is an answer. */
  trySend(request: NetlinkRequest): SysError | undefined {
    return this.#socket.trySend([request])[0];
  }

  /** As trySend() for several, in one round trip: for each its refusal, or undefined. */
  trySendAll(...requests: readonly NetlinkRequest[]): readonly (SysError | undefined)[] {
    return this.#socket.trySend(requests);
  }

  /**
   * As trySend(), but the kernel does the work in a thread of its own. The socket must not be used
   * meanwhile.
   */
  async trySendAside(request: NetlinkRequest): Promise<SysError | undefined> {
    return (await this.#socket.trySendAside([request]))[0];
  }

  findLink(link: LinkReference): Link | undefined {
    const message = this.#socket.find(getLink(link));
    return message === undefined ? undefined : decodeLink(message);
  }

  listLinks(): readonly Link[] {
    return this.#socket.dump(dumpLinks()).map(decodeLink);
  }

  listAddresses(): readonly LinkAddress[] {
    return this.#socket.dump(dumpAddresses()).map(decodeAddress);
  }

  listRoutes(): readonly ListedRoute[] {
    return this.#socket.dump(dumpRoutes()).map(decodeRoute);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
