import type { ContainerFlags } from "./container-flags.ts";
import { bareNetwork, checkMac, type NetworkOption } from "./network-option.ts";

export interface NetworkConfig {
  readonly mode: string;
  readonly endpoints: Readonly<Record<string, object>>;
}

/** What `--network` and the options beside it ask for; those apply to the first network. */
export function toNetworkConfig(flags: ContainerFlags): NetworkConfig {
  const [first = bareNetwork("default"), ...others] = flags.network;
  const networks = [applyFlags(first, flags), ...others];
  for (const { macAddress } of networks) if (macAddress !== "") checkMac(macAddress);
  const endpoints: Record<string, object> = {};
  for (const network of networks) {
    if (network.target in endpoints) {
      throw new Error(`network "${network.target}" is specified multiple times`);
    }
    endpoints[network.target] = toEndpoint(network);
  }
  const userDefined = networks.filter(({ target }) => isUserDefined(target)).length;
  if (userDefined > 0 && userDefined < networks.length) {
    throw conflict("cannot attach both user-defined and non-user-defined network-modes");
  }
  const single = networks.length === 1 && Object.keys(endpoints[first.target] ?? {}).length === 0;
  return { mode: first.target, endpoints: single ? {} : endpoints };
}

/** Whether it is a network that somebody made, and no word for a kind of network. */
function isUserDefined(target: string): boolean {
  return (
    !["default", "bridge", "host", "none"].includes(target) && !target.startsWith("container:")
  );
}

function applyFlags(network: NetworkOption, flags: ContainerFlags): NetworkOption {
  return {
    ...network,
    aliases: either(network.aliases, flags["network-alias"], ["--network-alias", "alias"]),
    links: either(
      network.links,
      // Elsewhere a link belongs to the container, not to its endpoint.
      isUserDefined(network.target) ? flags.link : [],
      ["--link", "links"],
    ),
    ipv4: eitherText(network.ipv4, flags.ip, ["--ip", "IPv4 address"]),
    ipv6: eitherText(network.ipv6, flags.ip6, ["--ip6", "IPv6 address"]),
    macAddress: eitherText(network.macAddress, flags["mac-address"].trim(), [
      "--mac-address",
      "MAC address",
    ]),
    linkLocalIps: either(network.linkLocalIps, flags["link-local-ip"], [
      "--link-local-ip",
      "link-local IP addresses",
    ]),
  };
}

type Names = readonly [flag: string, field: string];

function either(
  own: readonly string[],
  flag: readonly string[],
  [name, field]: Names,
): readonly string[] {
  if (own.length === 0) return flag;
  if (flag.length === 0) return own;
  throw conflict(`cannot specify both ${name} and per-network ${field}`);
}

function eitherText(own: string, flag: string, [name, field]: Names): string {
  if (own === "") return flag;
  if (flag === "") return own;
  throw conflict(`cannot specify both ${name} and per-network ${field}`);
}

/** Docker's EndpointSettings, with only what was asked for. */
function toEndpoint(network: NetworkOption): object {
  if (network.target.trim() === "") throw new Error("no name set for network");
  if (!isUserDefined(network.target)) {
    if (network.aliases.length > 0) {
      throw new Error("network-scoped aliases are only supported for user-defined networks");
    }
    if (network.links.length > 0) {
      throw new Error("links are only supported for user-defined networks");
    }
  }
  const address = withoutEmpty({
    IPv4Address: network.ipv4,
    IPv6Address: network.ipv6,
    LinkLocalIPs: network.linkLocalIps,
  });
  return withoutEmpty({
    Aliases: network.aliases,
    Links: network.links,
    DriverOpts: network.driverOptions,
    GwPriority: network.gatewayPriority,
    MacAddress: network.macAddress,
    IPAMConfig: address,
  });
}

function withoutEmpty(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === "" || value === 0;
}

function conflict(problem: string): Error {
  return new Error(`conflicting options: ${problem}`);
}
