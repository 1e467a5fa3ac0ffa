import { EngineError, explain } from "../base/errors.ts";
import { newChildLink } from "../linux/rtnetlink-create.ts";
import { deleteLink } from "../linux/rtnetlink-link.ts";
import type { HostNetworking } from "./host-networking.ts";
import type { LinkRequest, NetworkLink } from "./network-link.ts";

/** A network whose containers stand beside the host on a link of the host's. */
export interface ParentSettings {
  readonly kind: "macvlan" | "ipvlan";
  /** The host's link that theirs are made of. */
  readonly parent: string;
  /** The driver's number of the mode. */
  readonly mode: number;
  readonly mtu: number;
  /** Of the network: what is made for a trial is named after it. */
  readonly networkId: string;
}

/** A network of the drivers `macvlan` and `ipvlan`: nothing of it is on the host but its parent. */
export class ParentNetwork implements NetworkLink {
  readonly #settings: ParentSettings;
  readonly #host: HostNetworking;

  constructor(host: HostNetworking, settings: ParentSettings) {
    this.#host = host;
    this.#settings = settings;
  }

  get mtu(): number {
    return this.#settings.mtu;
  }

  /** Finds out whether the kernel has such links, by making one. */
  ensure(): void {
    const { kind, parent, networkId } = this.#settings;
    const name = `try${networkId.slice(0, 12)}`;
    // A daemon that was killed between the two may have left one.
    this.#host.routes.trySend(deleteLink({ name }));
    const refusal = this.#host.routes.trySend(this.#plan({ name }));
    if (refusal === undefined) {
      this.#host.routes.send(deleteLink({ name }));
      return;
    }
    if (refusal.code === "ENOTSUP") {
      throw new EngineError("unavailable", `this kernel has no ${kind} links`);
    }
    const message = `the parent "${parent}" takes no ${kind} links: ${refusal.message}`;
    throw new EngineError("invalid", message, { cause: refusal });
  }

  connect({ end }: LinkRequest): void {
    const { kind, parent } = this.#settings;
    try {
      this.#host.routes.send(this.#plan(end));
    } catch (cause) {
      throw explain(cause, `Cannot connect the container to "${parent}" by ${kind}`);
    }
  }

  /** The link goes with the container's namespace. */
  disconnect(): void {}

  remove(): void {}

  #plan(end: { readonly name: string } & Partial<LinkRequest["end"]>) {
    const { kind, parent, mode } = this.#settings;
    const link = this.#host.routes.findLink({ name: parent });
    if (link === undefined) {
      throw new EngineError("not-found", `the parent "${parent}" is no link of the host`);
    }
    // An ipvlan link has its parent's address.
    const { macAddress, ...rest } = end;
    const mac = kind === "ipvlan" || macAddress === undefined ? {} : { macAddress };
    return newChildLink({ kind, mode, parentIndex: link.index, ...rest, ...mac });
  }
}
