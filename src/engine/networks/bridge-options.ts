import { EngineError } from "../../base/errors.ts";
import { findIpAddress } from "../../base/ip-address.ts";
import { familyOf } from "../../network/subnet.ts";

// The options of a network with the driver `bridge`, by the names that Docker gives them.

const BRIDGE = "com.docker.network.bridge";
const NETWORK = "com.docker.network";

/** How a bridge treats what comes from outside to an address of a container. */
export type GatewayMode = "nat" | "routed" | "nat-unprotected" | "isolated";

/** A network's options, read. */
export interface BridgeOptions {
  /** Empty: it is made from the network's id. */
  readonly bridge: string;
  readonly icc: boolean;
  readonly masquerade: boolean;
  /** Undefined: the daemon's. */
  readonly mtu?: number;
  /** Where ports are published that say no address of the host. */
  readonly hostBinding: string;
  readonly gatewayMode: { readonly ipv4: GatewayMode; readonly ipv6: GatewayMode };
  /** The bridge gets no IPv4 address. */
  readonly inhibitIpv4: boolean;
  /** What containers' packets to outside come from; empty: the interface that they leave by. */
  readonly hostAddress: { readonly ipv4: string; readonly ipv6: string };
  /** Of the names of the containers' links, such as `eth`. */
  readonly interfacePrefix: string;
}

const KNOWN: ReadonlySet<string> = new Set([
  `${BRIDGE}.name`,
  `${BRIDGE}.default_bridge`,
  `${BRIDGE}.enable_icc`,
  `${BRIDGE}.enable_ip_masquerade`,
  `${BRIDGE}.host_binding_ipv4`,
  `${BRIDGE}.gateway_mode_ipv4`,
  `${BRIDGE}.gateway_mode_ipv6`,
  `${BRIDGE}.inhibit_ipv4`,
  `${NETWORK}.driver.mtu`,
  `${NETWORK}.mtu`,
  `${NETWORK}.host_ipv4`,
  `${NETWORK}.host_ipv6`,
  `${NETWORK}.container_iface_prefix`,
]);

type Texts = Readonly<Record<string, string>>;

/** Reads the options; one of Docker's that this engine does not have is refused by its name. */
export function parseBridgeOptions(options: Texts): BridgeOptions {
  const unknown = Object.keys(options).find(
    (name) => name.startsWith(`${NETWORK}.`) && !KNOWN.has(name),
  );
  if (unknown !== undefined) {
    throw new EngineError(
      "unimplemented",
      `this engine does not have the network option "${unknown}" yet`,
    );
  }
  const mtu = parseMtu(options);
  return {
    bridge: parseName(options[`${BRIDGE}.name`] ?? ""),
    icc: parseFlag(options, `${BRIDGE}.enable_icc`, true),
    masquerade: parseFlag(options, `${BRIDGE}.enable_ip_masquerade`, true),
    ...(mtu === undefined ? {} : { mtu }),
    hostBinding: parseAddress(options, `${BRIDGE}.host_binding_ipv4`),
    gatewayMode: {
      ipv4: parseGatewayMode(options, `${BRIDGE}.gateway_mode_ipv4`),
      ipv6: parseGatewayMode(options, `${BRIDGE}.gateway_mode_ipv6`),
    },
    inhibitIpv4: parseFlag(options, `${BRIDGE}.inhibit_ipv4`, false),
    hostAddress: {
      ipv4: parseAddress(options, `${NETWORK}.host_ipv4`, 4),
      ipv6: parseAddress(options, `${NETWORK}.host_ipv6`, 6),
    },
    interfacePrefix: parsePrefix(options[`${NETWORK}.container_iface_prefix`] ?? "eth"),
  };
}

function parseFlag(options: Texts, name: string, absent: boolean): boolean {
  const text = options[name];
  if (text === undefined) return absent;
  // The words of Go's strconv.ParseBool.
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw invalid(name, text, "want true or false");
}

function parseMtu(options: Texts): number | undefined {
  const name = [`${NETWORK}.driver.mtu`, `${NETWORK}.mtu`].find(
    (key) => options[key] !== undefined,
  );
  if (name === undefined) return undefined;
  const text = options[name] ?? "";
  const mtu = Number(text);
  if (text !== "" && mtu === 0) return undefined;
  if (/^\d+$/.test(text) && mtu >= 68 && mtu <= 65_535) return mtu;
  throw invalid(name, text, "want 68 to 65535");
}

function parseGatewayMode(options: Texts, name: string): GatewayMode {
  const text = options[name] ?? "nat";
  switch (text) {
    case "":
      return "nat";
    case "nat":
    case "routed":
    case "nat-unprotected":
    case "isolated":
      return text;
    default:
      throw invalid(name, text, "want nat, routed, nat-unprotected or isolated");
  }
}

function parseAddress(options: Texts, name: string, family?: 4 | 6): string {
  const text = options[name] ?? "";
  const isRight = family === undefined || familyOf(text) === family;
  if (text === "" || (findIpAddress(text) !== undefined && isRight)) return text;
  throw invalid(name, text, `want an IP${family === undefined ? "" : `v${family}`} address`);
}

/** What the kernel takes as the name of a link. */
function parseName(name: string): string {
  if (name === "" || isLinkName(name, 15)) return name;
  throw invalid(`${BRIDGE}.name`, name, "want at most 15 letters, digits or . _ -");
}

function parsePrefix(prefix: string): string {
  if (isLinkName(prefix, 12)) return prefix;
  throw invalid(
    `${NETWORK}.container_iface_prefix`,
    prefix,
    "want at most 12 letters, digits or . _ -",
  );
}

function isLinkName(name: string, maxLength: number): boolean {
  return name.length <= maxLength && /^[A-Za-z0-9._-]+$/.test(name) && !/^\.{1,2}$/.test(name);
}

function invalid(name: string, value: string, want: string): EngineError {
  return new EngineError(
    "invalid",
    `invalid value ${JSON.stringify(value)} of network option "${name}": ${want}`,
  );
}
