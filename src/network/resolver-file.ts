import { EngineError } from "../base/errors.ts";
import { findIpAddress } from "../base/ip-address.ts";

// The text of /etc/resolv.conf: the host's, as far as it means the same in a container.

const FALLBACK_NAMESERVERS = ["8.8.8.8", "8.8.4.4"];
const SYSTEMD_STUB = "127.0.0.53";
const IPV4_LOOPBACK = 127;
const COMMENT = /^\s*[#;]/;

/** What `--dns`, `--dns-search` and `--dns-option` ask for; an empty list leaves the host's. */
export interface ResolverOptions {
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

/** A resolv.conf(5), read; the last `search` or `domain` line counts. */
interface Resolver {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** Lines such as `sortlist`, kept as they are. */
  readonly other: readonly string[];
}

/** The text of /etc/resolv.conf of a container that asks the host's servers itself. */
export function formatResolver(hostText: string, asked: ResolverOptions): string {
  const host = parseResolver(hostText);
  const reachable = host.nameservers.filter(isReachable);
  const usual = reachable.length > 0 ? reachable : FALLBACK_NAMESERVERS;
  const nameservers = asked.dns.length > 0 ? asked.dns : usual;
  const options = asked.dnsOptions.length > 0 ? asked.dnsOptions : host.options;
  const all = [
    ...nameservers.map((address) => `nameserver ${address}`),
    ...listLine("search", searchOf(host, asked)),
    ...listLine("options", options),
    ...host.other,
  ];
  return all.map((line) => `${line}\n`).join("");
}

/** What a container with a name server of its own has in /etc/resolv.conf, and what that server does. */
export interface InternalResolver {
  readonly text: string;
  /** What `--dns` asks for; undefined: the host's. */
  readonly servers: readonly string[] | undefined;
  /** Names without a dot may be asked of other servers; else the client adds its search domains. */
  readonly forwardsSingleLabels: boolean;
}

/** The resolver of a container that asks the daemon, made from the host's; in Docker's form. */
export function planInternalResolver(
  hostText: string,
  asked: ResolverOptions,
  nameServer: string,
): InternalResolver {
  const host = parseResolver(hostText);
  const options = asked.dnsOptions.length > 0 ? asked.dnsOptions : host.options;
  const valid = options.filter((option) => !/^ndots\b/.test(option) || /^ndots:\d+$/.test(option));
  const hasNdots = valid.some((option) => option.startsWith("ndots:"));
  const all = [
    `nameserver ${nameServer}`,
    ...listLine("search", searchOf(host, asked)),
    ...listLine("options", hasNdots ? valid : [...valid, "ndots:0"]),
    ...host.other,
    "",
    // Programs look for it to find the servers behind ours.
    `# ExtServers: [${externalServers(host, asked).join(" ")}]`,
  ];
  return {
    text: all.map((line) => `${line}\n`).join(""),
    servers: asked.dns.length > 0 ? asked.dns : undefined,
    forwardsSingleLabels: !hasNdots,
  };
}

/** The servers that a resolv.conf names, those on the loopback as well. */
export function resolverServers(hostText: string): readonly string[] {
  return serversOf(parseResolver(hostText));
}

/**
 * Whether the host's resolv.conf only names systemd-resolved's stub, which containers do not reach;
 * the real servers are then in /run/systemd/resolve/resolv.conf.
 */
export function isSystemdStub(hostText: string): boolean {
  const { nameservers } = parseResolver(hostText);
  return nameservers.length === 1 && nameservers[0] === SYSTEMD_STUB;
}

/** Checks what a user asks for: each becomes part of a line, and must not make more of them. */
export function checkResolverOptions({ dns, dnsSearch, dnsOptions }: ResolverOptions): void {
  const bad = dns.find((address) => findIpAddress(address) === undefined);
  if (bad !== undefined) {
    throw new EngineError("invalid", `bad nameserver address ${JSON.stringify(bad)}`);
  }
  const split = [...dnsSearch, ...dnsOptions].find((word) => !/^\S+$/.test(word));
  if (split !== undefined) {
    throw new EngineError("invalid", `bad DNS search domain or option ${JSON.stringify(split)}`);
  }
}

function externalServers(host: Resolver, { dns }: ResolverOptions): readonly string[] {
  if (dns.length > 0) return dns;
  return serversOf(host).map((server) => (isLoopback(server) ? `host(${server})` : server));
}

function serversOf({ nameservers }: Resolver): readonly string[] {
  const valid = nameservers.filter((server) => findIpAddress(server) !== undefined);
  return valid.length > 0 ? valid : FALLBACK_NAMESERVERS;
}

function isLoopback(server: string): boolean {
  const bytes = findIpAddress(server);
  return server === "::1" || (bytes?.length === 4 && bytes[0] === IPV4_LOOPBACK);
}

/** The root is in no search list: `--dns-search .` asks for none at all. */
function searchOf(host: Resolver, { dnsSearch }: ResolverOptions): readonly string[] {
  return dnsSearch.length === 0 ? host.search : dnsSearch.filter((domain) => domain !== ".");
}

function parseResolver(text: string): Resolver {
  const entries = text
    .split("\n")
    .filter((line) => !COMMENT.test(line))
    .map((line) => line.trim().split(/\s+/))
    .filter(([keyword]) => keyword !== "");
  const values = (...keywords: readonly string[]) =>
    entries.filter(([keyword = ""]) => keywords.includes(keyword)).map(([, ...rest]) => rest);
  const known = ["nameserver", "search", "domain", "options"];
  return {
    nameservers: values("nameserver").flatMap(([address]) => address ?? []),
    search: values("search", "domain").findLast(({ length }) => length > 0) ?? [],
    options: values("options").flat(),
    other: entries
      .filter(([keyword = ""]) => !known.includes(keyword))
      .map((words) => words.join(" ")),
  };
}

/** A server on the host's loopback is not on the container's; IPv6 ones need an IPv6 address. */
function isReachable(nameserver: string): boolean {
  const bytes = findIpAddress(nameserver);
  return bytes?.length === 4 && !isLoopback(nameserver);
}

function listLine(keyword: string, words: readonly string[]): readonly string[] {
  return words.length === 0 ? [] : [`${keyword} ${words.join(" ")}`];
}
