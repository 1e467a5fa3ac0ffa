import { EngineError } from "../../base/errors.ts";
import type { LinkSysctl } from "../../network/container-sandbox.ts";

// The options of a container's place on a network, by the names that Docker gives them.

const SYSCTLS = "com.docker.network.endpoint.sysctls";
const INTERFACE_NAME = "com.docker.network.endpoint.ifname";

export interface EndpointOptions {
  readonly sysctls: readonly LinkSysctl[];
  /** Empty: it follows from the link's place. */
  readonly interfaceName: string;
}

/** Reads the options; what Docker has and this engine does not is refused by its name. */
export function parseEndpointOptions(options: Readonly<Record<string, string>>): EndpointOptions {
  const unknown = Object.keys(options).find(
    (name) => name.startsWith("com.docker.network.") && name !== SYSCTLS && name !== INTERFACE_NAME,
  );
  if (unknown !== undefined) {
    throw new EngineError(
      "unimplemented",
      `this engine does not have the endpoint option "${unknown}" yet`,
    );
  }
  const sysctls = options[SYSCTLS] ?? "";
  return {
    sysctls: sysctls === "" ? [] : sysctls.split(",").map(parseSysctl),
    interfaceName: parseInterfaceName(options[INTERFACE_NAME] ?? ""),
  };
}

/** The kernel's path has the link's name in the place of IFNAME, which is no user's to choose. */
function parseSysctl(text: string): LinkSysctl {
  const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new EngineError("invalid", `unrecognised sysctl '${text}': want NAME=VALUE`);
  }
  if (!/^net\.(ipv4|ipv6|mpls)\.[a-z0-9_]+\.IFNAME\.[a-z0-9_]+$/.test(name)) {
    throw new EngineError(
      "invalid",
      `unable to set sysctl '${name}': want net.X.Y.IFNAME.Z, with IFNAME as it stands`,
    );
  }
  return { path: name.replaceAll(".", "/"), value };
}

function parseInterfaceName(name: string): string {
  if (name === "") return name;
  if (/^[A-Za-z0-9._-]{1,15}$/.test(name) && !/^\.{1,2}$/.test(name) && name !== "lo") return name;
  throw new EngineError(
    "invalid",
    `invalid interface name ${JSON.stringify(name)}: want at most 15 letters, digits or . _ -`,
  );
}
