/** One network of `GET /networks`, and the answer of `GET /networks/{id}`. */
export interface NetworkJson {
  readonly Name: string;
  readonly Id: string;
  /** RFC 3339 with nanoseconds. */
  readonly Created: string;
  readonly Scope: "local" | "swarm" | "global";
  readonly Driver: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly IPAM: IpamJson;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigFrom: NetworkReferenceJson;
  readonly ConfigOnly: boolean;
  /** By the container's id. A list has none of them. */
  readonly Containers: Readonly<Record<string, NetworkContainerJson>>;
  readonly Options: TextMapJson;
  readonly Labels: TextMapJson;
}

/** Texts by name, where none may also be null. */
type TextMapJson = Readonly<Record<string, string>> | null;

/** The network that another one has its configuration from. */
export interface NetworkReferenceJson {
  readonly Network: string;
}

/** How the addresses of a network are given out. */
export interface IpamJson {
  readonly Driver: string;
  readonly Options: TextMapJson;
  readonly Config: readonly IpamConfigJson[] | null;
}

/** One subnet of a network. */
export interface IpamConfigJson {
  readonly Subnet?: string;
  readonly IPRange?: string;
  readonly Gateway?: string;
  readonly AuxiliaryAddresses?: Readonly<Record<string, string>>;
}

/** A container on a network. */
export interface NetworkContainerJson {
  readonly Name: string;
  readonly EndpointID: string;
  readonly MacAddress: string;
  /** In CIDR notation, as the next one is; empty where there is none. */
  readonly IPv4Address: string;
  readonly IPv6Address: string;
}

/** The body of `POST /networks/create`. */
export interface NetworkCreateJson {
  readonly Name: string;
  readonly Driver: string;
  readonly Scope?: string;
  /** Undefined where it is for the daemon to choose, as the next one is. */
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6?: boolean;
  readonly IPAM: IpamJson;
  readonly Internal: boolean;
  readonly Attachable: boolean;
  readonly Ingress: boolean;
  readonly ConfigOnly: boolean;
  readonly ConfigFrom: NetworkReferenceJson | null;
  readonly Options: Readonly<Record<string, string>>;
  readonly Labels: Readonly<Record<string, string>>;
}

/** The answer of `POST /networks/create`. */
export interface NetworkCreatedJson {
  readonly Id: string;
  readonly Warning: string;
}

/** The body of `POST /networks/{id}/connect`. */
export interface NetworkConnectJson {
  readonly Container: string;
  readonly EndpointConfig?: EndpointSettingsJson | null;
}

/** The body of `POST /networks/{id}/disconnect`. */
export interface NetworkDisconnectJson {
  readonly Container: string;
  readonly Force: boolean;
}

/** What is asked of a container's place on a network. */
export interface EndpointSettingsJson {
  readonly IPAMConfig?: EndpointIpamJson | null;
  readonly Links?: readonly string[] | null;
  readonly Aliases?: readonly string[] | null;
  readonly MacAddress?: string;
  readonly DriverOpts?: TextMapJson;
  readonly GwPriority?: number;
}

/** The addresses that a container is to have. */
export interface EndpointIpamJson {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[];
}
