import type { ContainerView } from "../../engine/facade.ts";

/** One network of a container, as list and inspect show it. */
export interface EndpointJson {
  readonly IPAMConfig: null;
  readonly Links: null;
  readonly Aliases: null;
  readonly MacAddress: string;
  readonly DriverOpts: null;
  readonly GwPriority: number;
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly DNSNames: null;
}

/** The networks of a container by name; one that shares another's has none of its own. */
export function toEndpoints({ network }: ContainerView): Readonly<Record<string, EndpointJson>> {
  if (network.mode.startsWith("container:")) return {};
  return {
    [network.mode]: {
      IPAMConfig: null,
      Links: null,
      Aliases: null,
      MacAddress: network.macAddress,
      DriverOpts: null,
      GwPriority: 0,
      NetworkID: network.networkId,
      EndpointID: network.endpointId,
      Gateway: network.gateway,
      IPAddress: network.address,
      IPPrefixLen: network.prefixLength,
      IPv6Gateway: "",
      GlobalIPv6Address: "",
      GlobalIPv6PrefixLen: 0,
      DNSNames: null,
    },
  };
}
