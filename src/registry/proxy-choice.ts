import { EngineError } from "../base/errors.ts";
import { findIpAddress } from "../base/ip-address.ts";
import { findRange, isInRange, isLoopback, nameOf } from "./insecure-hosts.ts";

/** The proxies to use, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY name them. */
export interface Proxies {
  readonly http?: string;
  readonly https?: string;
  /** Comma-separated: names with all below them, `.below.only`, addresses, ranges, each with a port or without; `*`. */
  readonly no?: string;
}

const DEFAULT_PORT: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** The proxy for a URL, or undefined where it is reached without one. As Go's httpproxy chooses. */
export function chooseProxy(url: URL, { http, https, no = "" }: Proxies): URL | undefined {
  const proxy = url.protocol === "https:" ? https : http;
  if (proxy === undefined || proxy === "") return undefined;
  const name = nameOf(url.hostname);
  if (isLoopback(name)) return undefined;
  const port = url.port === "" ? (DEFAULT_PORT[url.protocol] ?? "") : url.port;
  const exceptions = no.split(",").map((entry) => entry.trim().toLowerCase());
  if (exceptions.some((entry) => isException(entry, name, port))) return undefined;
  return parseProxy(proxy);
}

/** Reads a proxy's URL; without a scheme it is of HTTP. */
function parseProxy(text: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url;
  // The text may hold a password.
  throw new EngineError(
    "invalid",
    "Cannot use the proxy: want its URL as http://host:port or https://host:port",
  );
}

function isException(entry: string, name: string, port: string): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const range = findRange(entry);
  const address = findIpAddress(name);
  if (range !== undefined) return address !== undefined && isInRange(address, range);
  const [wanted, wantedPort] = splitPort(entry);
  if (wantedPort !== undefined && wantedPort !== port) return false;
  return isSameHost(wanted, name);
}

function isSameHost(wanted: string, name: string): boolean {
  const addresses = [findIpAddress(wanted), findIpAddress(name)];
  if (addresses.some((address) => address !== undefined)) {
    return addresses[0] !== undefined && addresses[0].join() === addresses[1]?.join();
  }
  const suffix = wanted.replace(/^\*?\./, ".");
  if (suffix.startsWith(".")) return name.endsWith(suffix) && name !== suffix;
  return name === suffix || name.endsWith(`.${suffix}`);
}

function splitPort(entry: string): readonly [host: string, port: string | undefined] {
  if (findIpAddress(entry) !== undefined) return [entry, undefined];
  const match = /^(.*):(\d+)$/.exec(entry);
  return [nameOf(entry), match?.[2]];
}
