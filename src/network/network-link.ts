/** An end of a container's link, to be made in the container's network namespace. */
export interface LinkEnd {
  readonly name: string;
  /** See containerLinkIndex(). */
  readonly index: number;
  readonly macAddress: string;
  readonly namespaceFd: number;
}

/** A container's place on a network. */
export interface LinkRequest {
  readonly endpointId: string;
  readonly end: LinkEnd;
}

/** What carries a network's packets on the host. None of it waits: the kernel works meanwhile. */
export interface NetworkLink {
  readonly mtu: number;
  /** Makes what is missing on the host. Idempotent. */
  ensure(): void;
  /** Makes a container's link. It goes away with the container's namespace. */
  connect(request: LinkRequest): void;
  /**
   * Says that a container has left. A link that something else still holds is deleted a moment later. No
   * error where it is gone.
   */
  disconnect(endpointId: string): void;
  /** Takes all of it from the host again. Idempotent. */
  remove(): void;
}
