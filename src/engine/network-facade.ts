import type { Filters } from "./filters.ts";
import type { EndpointRequest } from "./model.ts";

/** What the API asks of networks. `ref` is a name, an id or a unique prefix of one. */
export interface Networks {
  create(request: NetworkRequest): Promise<{ readonly id: string; readonly warning: string }>;
  list(filters: Filters): Promise<readonly NetworkView[]>;
  get(ref: string): Promise<NetworkView>;
  /** `container` is a reference to a container, which may be stopped. */
  connect(ref: string, container: string, endpoint: EndpointRequest): Promise<void>;
  /** `force` also takes away an endpoint of a container that is not there any more. */
  disconnect(ref: string, container: string, options: { readonly force: boolean }): Promise<void>;
  remove(ref: string): Promise<void>;
  /** Removes those that no container is on; says their names. */
  prune(filters: Filters): Promise<readonly string[]>;
}

export type NetworkDriver = "bridge" | "host" | "null" | "macvlan" | "ipvlan";

/** A network as it is asked for. */
export interface NetworkRequest {
  readonly name: string;
  /** As the user wrote it; empty: `bridge`. */
  readonly driver: string;
  /** Undefined: yes. */
  readonly enableIpv4?: boolean;
  /** Undefined: no. */
  readonly enableIpv6?: boolean;
  /** Nothing outside is reached from it. */
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipam: IpamRequest;
  /** Such as `com.docker.network.bridge.enable_icc`. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface IpamRequest {
  /** Empty: `default`. */
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly pools: readonly IpamPool[];
}

/** One subnet of a network, in CIDR notation. Empty fields: the engine chooses. */
export interface IpamPool {
  readonly subnet: string;
  /** The part of the subnet that containers get addresses from. */
  readonly range: string;
  readonly gateway: string;
  /** Addresses that no container is to get, by what they are for. */
  readonly auxiliary: Readonly<Record<string, string>>;
}

/** All that list and inspect show. */
export interface NetworkView {
  readonly id: string;
  readonly name: string;
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
  readonly driver: NetworkDriver;
  readonly enableIpv4: boolean;
  readonly enableIpv6: boolean;
  readonly internal: boolean;
  readonly attachable: boolean;
  /** With what the engine chose. */
  readonly ipam: IpamRequest;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Of containers that run, by the container's id. */
  readonly endpoints: Readonly<Record<string, NetworkEndpointView>>;
}

export interface NetworkEndpointView {
  readonly containerName: string;
  readonly endpointId: string;
  readonly macAddress: string;
  /** In CIDR notation; empty where there is none. */
  readonly ipv4: string;
  readonly ipv6: string;
}
