import { EngineError } from "../../base/errors.ts";
import type { EndpointRequest } from "../../engine/model.ts";
import type { ApiVersion } from "../version.ts";
import { Fields } from "./fields.ts";

/** What NetworkingConfig asks of the networks that a new container is to be on. */
export function decodeNetworking(
  networking: Fields | undefined,
  mode: string,
  version: ApiVersion,
): readonly EndpointRequest[] {
  const endpoints = networking?.findChild("EndpointsConfig");
  const names = Object.keys(endpoints?.source ?? {});
  if (names.length > 1 && version < 44) {
    throw new EngineError(
      "invalid",
      "Container cannot be created with multiple network endpoints in this API version",
    );
  }
  // Clients name the network of the mode `default`, whatever the mode calls it.
  return names.map((name) => {
    const network = name === "default" ? defaultName(mode) : name;
    return decodeEndpoint(endpoints?.findChild(name), { network, version });
  });
}

/** What an EndpointSettings asks; what inspect adds to it is not asked when it comes back. */
export function decodeEndpoint(
  endpoint: Fields | undefined,
  { network, version }: { readonly network: string; readonly version: ApiVersion },
): EndpointRequest {
  const fields = endpoint ?? Fields.of({}, "EndpointSettings");
  const ipam = fields.findChild("IPAMConfig");
  const ipv4 = ipam?.text("IPv4Address") ?? "";
  const ipv6 = ipam?.text("IPv6Address") ?? "";
  // Inspect of older engines shows the address in use there, and so do their clients send it back.
  const macAddress = version >= 44 ? fields.text("MacAddress") : "";
  return {
    network,
    ...(ipv4 === "" ? {} : { ipv4 }),
    ...(ipv6 === "" ? {} : { ipv6 }),
    ...(macAddress === "" ? {} : { macAddress }),
    linkLocal: ipam?.texts("LinkLocalIPs") ?? [],
    aliases: fields.texts("Aliases"),
    links: fields.texts("Links"),
    driverOptions: fields.textMap("DriverOpts"),
    gatewayPriority: version >= 48 ? fields.integer("GwPriority") : 0,
  };
}

function defaultName(mode: string): string {
  return mode === "" || mode === "default" ? "bridge" : mode;
}
