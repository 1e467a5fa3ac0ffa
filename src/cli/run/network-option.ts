import { parseInteger } from "../flags/numbers.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";
import { splitCsv } from "./csv.ts";

/** One `--network`. */
export interface NetworkOption {
  readonly target: string;
  readonly aliases: readonly string[];
  readonly links: readonly string[];
  readonly linkLocalIps: readonly string[];
  readonly ipv4: string;
  readonly ipv6: string;
  readonly macAddress: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  readonly gatewayPriority: number;
}

/** A network with nothing asked of it. */
export function bareNetwork(target: string): NetworkOption {
  return {
    target,
    aliases: [],
    links: [],
    linkLocalIps: [],
    ipv4: "",
    ipv6: "",
    macAddress: "",
    driverOptions: {},
    gatewayPriority: 0,
  };
}

/** Reads `NAME`, or `name=…,alias=…,ip=…,…`. Addresses are for the daemon to check. */
export function parseNetwork(written: string): NetworkOption {
  if (!/\w=\w/.test(written)) return bareNetwork(written);
  const option = splitCsv(written).reduce(addField, bareNetwork(""));
  if (option.target === "") throw new Error("network name/id is not specified");
  return option;
}

function addField(option: NetworkOption, field: string): NetworkOption {
  const [rawKey, rawValue] = splitAtFirst(field, "=");
  if (rawValue === undefined || rawKey === "") throw new Error(`invalid field ${field}`);
  const value = rawValue.trim();
  switch (rawKey.trim().toLowerCase()) {
    case "name":
      return { ...option, target: value };
    case "alias":
      return { ...option, aliases: [...option.aliases, value] };
    case "driver-opt":
      return { ...option, driverOptions: addDriverOption(option.driverOptions, value) };
    case "ip":
      return { ...option, ipv4: value };
    case "ip6":
      return { ...option, ipv6: value };
    case "mac-address":
      return { ...option, macAddress: value };
    case "link-local-ip":
      return { ...option, linkLocalIps: [...option.linkLocalIps, value] };
    case "gw-priority":
      return { ...option, gatewayPriority: parsePriority(value) };
    default:
      throw new Error(`invalid field key ${rawKey}`);
  }
}

function addDriverOption(options: NetworkOption["driverOptions"], written: string) {
  const [key, value] = splitAtFirst(written, "=");
  if (value === undefined || key === "") {
    throw new Error("invalid key value pair format in driver options");
  }
  return { ...options, [key.trim().toLowerCase()]: value.trim() };
}

const MAC = /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4})$/i;

/** Checks a hardware address of 6 bytes. */
export function checkMac(address: string): string {
  if (MAC.test(address)) return address;
  throw new Error(`${address} is not a valid mac address`);
}

function parsePriority(value: string): number {
  try {
    return parseInteger(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(": ").at(-1) : String(cause);
    throw new Error(`invalid gw-priority (${value}): ${reason}`, { cause });
  }
}
