import { EngineError } from "../../base/errors.ts";
import type { ApiVersion } from "../version.ts";
import type { Fields } from "./fields.ts";
import { isZero, notYet } from "./refused.ts";

/** What inspect shows of an endpoint; clients that copy a container send it back. */
const SHOWN_ONLY: ReadonlySet<string> = new Set([
  "networkid",
  "endpointid",
  "gateway",
  "ipaddress",
  "ipprefixlen",
  "ipv6gateway",
  "globalipv6address",
  "globalipv6prefixlen",
  "dnsnames",
]);

/**
 * Refuses what NetworkingConfig asks of the one network there is. Clients name it `default` or by
 * HostConfig's NetworkMode, and ask nothing of it.
 */
export function checkNetworking(
  networking: Fields | undefined,
  mode: string,
  version: ApiVersion,
): void {
  const endpoints = networking?.findChild("EndpointsConfig");
  const names = Object.keys(endpoints?.source ?? {});
  if (names.length > 1 && version < 44) {
    throw new EngineError(
      "invalid",
      "Container cannot be created with multiple network endpoints in this API version",
    );
  }
  for (const name of names) {
    if (!isSameNetwork(name, mode)) {
      throw notYet("NetworkingConfig", `user-defined networks, such as "${name}"`);
    }
    checkEndpoint(endpoints?.findChild(name));
  }
}

function isSameNetwork(name: string, mode: string): boolean {
  const given = mode === "" || mode === "default" ? "bridge" : mode;
  return name === given || (name === "default" && given === "bridge");
}

/** Docker's own bridge cannot do these either, and so it says. */
function checkEndpoint(endpoint: Fields | undefined): void {
  for (const [field, value] of Object.entries(endpoint?.source ?? {})) {
    if (isZero(value) || SHOWN_ONLY.has(field.toLowerCase())) continue;
    throw refusal(field);
  }
}

function refusal(field: string): EngineError {
  switch (field.toLowerCase()) {
    case "aliases":
      return new EngineError(
        "invalid",
        "network-scoped alias is supported only for containers in user defined networks",
      );
    case "ipamconfig":
      return new EngineError(
        "invalid",
        "user specified IP address is supported on user defined networks only",
      );
    default:
      return notYet(`NetworkingConfig.EndpointsConfig.${field}`, "options of endpoints");
  }
}
