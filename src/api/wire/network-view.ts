import { EngineError } from "../../base/errors.ts";
import type {
  IpamPool,
  IpamRequest,
  NetworkRequest,
  NetworkView,
} from "../../engine/network-facade.ts";
import type { ApiVersion } from "../version.ts";
import { Fields } from "./fields.ts";
import type { IpamConfigJson, NetworkContainerJson, NetworkJson } from "./network-json.ts";

/** A network as `GET /networks/{id}` shows it; a list has no containers. */
export function toNetworkJson(
  view: NetworkView,
  { withContainers }: { readonly withContainers: boolean },
): NetworkJson {
  return {
    Name: view.name,
    Id: view.id,
    Created: view.createdAt,
    Scope: "local",
    Driver: view.driver,
    EnableIPv4: view.enableIpv4,
    EnableIPv6: view.enableIpv6,
    IPAM: {
      Driver: view.ipam.driver,
      Options: Object.keys(view.ipam.options).length === 0 ? null : view.ipam.options,
      Config: view.ipam.pools.map(toPoolJson),
    },
    Internal: view.internal,
    Attachable: view.attachable,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: withContainers ? toContainers(view) : {},
    Options: view.options,
    Labels: view.labels,
  };
}

function toPoolJson({ subnet, range, gateway, auxiliary }: IpamPool): IpamConfigJson {
  return {
    Subnet: subnet,
    ...(range === "" ? {} : { IPRange: range }),
    ...(gateway === "" ? {} : { Gateway: gateway }),
    ...(Object.keys(auxiliary).length === 0 ? {} : { AuxiliaryAddresses: auxiliary }),
  };
}

function toContainers({ endpoints }: NetworkView): Readonly<Record<string, NetworkContainerJson>> {
  const entries = Object.entries(endpoints).map(([id, endpoint]) => [
    id,
    {
      Name: endpoint.containerName,
      EndpointID: endpoint.endpointId,
      MacAddress: endpoint.macAddress,
      IPv4Address: endpoint.ipv4,
      IPv6Address: endpoint.ipv6,
    },
  ]);
  return Object.fromEntries(entries);
}

/** What the body of `POST /networks/create` asks for. */
export function decodeNetworkCreate(body: Fields, version: ApiVersion): NetworkRequest {
  refuse(body, "ConfigOnly", "networks that are only a configuration");
  refuse(body, "Ingress", "swarm's networks");
  if ((body.findChild("ConfigFrom")?.text("Network") ?? "") !== "") {
    throw new EngineError(
      "unimplemented",
      "ConfigFrom: this engine does not have networks that are only a configuration",
    );
  }
  const scope = body.text("Scope");
  if (scope !== "" && scope !== "local") {
    throw new EngineError(
      "unimplemented",
      `Scope: this engine does not have networks of scope "${scope}"`,
    );
  }
  // Before 1.48 IPv4 could not be switched off.
  const enableIpv4 = version < 48 ? undefined : body.findFlag("EnableIPv4");
  const enableIpv6 = body.findFlag("EnableIPv6");
  return {
    name: body.text("Name"),
    driver: body.text("Driver"),
    ...(enableIpv4 === undefined ? {} : { enableIpv4 }),
    ...(enableIpv6 === undefined ? {} : { enableIpv6 }),
    internal: body.flag("Internal"),
    attachable: body.flag("Attachable"),
    ipam: decodeIpam(body.findChild("IPAM")),
    options: body.textMap("Options"),
    labels: body.textMap("Labels"),
  };
}

function refuse(body: Fields, field: string, what: string): void {
  if (!body.flag(field)) return;
  throw new EngineError("unimplemented", `${field}: this engine does not have ${what}`);
}

function decodeIpam(ipam: Fields = Fields.of({}, "IPAM")): IpamRequest {
  return {
    driver: ipam.text("Driver"),
    options: ipam.textMap("Options"),
    pools: ipam.children("Config").map((pool) => ({
      subnet: pool.text("Subnet"),
      range: pool.text("IPRange"),
      gateway: pool.text("Gateway"),
      auxiliary: pool.textMap("AuxiliaryAddresses"),
    })),
  };
}
