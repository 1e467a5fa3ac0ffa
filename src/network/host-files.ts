import { type ExtraHost, resolveExtraHost } from "./extra-host.ts";

// The text of the files that tell a container its name and how to find others, in Docker's form.

const IPV4_LINES = ["127.0.0.1\tlocalhost"];
const IPV6_LINES = [
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::\tip6-localnet",
  "ff00::\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

/** What /etc/hosts of a container says. */
export interface HostNames {
  readonly hostname: string;
  readonly domainname: string;
  /** None where it has none of its own, as with `--network none`. */
  readonly addresses: readonly string[];
  readonly extraHosts: readonly ExtraHost[];
  /** Whole lines for linked containers. */
  readonly links: readonly string[];
  /** What `host-gateway` stands for. */
  readonly hostGateway: string;
  /** Whether its loopback has `::1`. */
  readonly hasIpv6: boolean;
}

/** The text of /etc/hosts. */
export function formatHosts(names: HostNames): string {
  const extra = names.extraHosts
    .map((host) => resolveExtraHost(host, names.hostGateway))
    .map(({ name, address }) => `${address}\t${name}`);
  const own = names.addresses.map((address) => `${address}\t${ownNames(names)}`);
  return lines([
    ...IPV4_LINES,
    ...(names.hasIpv6 ? IPV6_LINES : []),
    ...extra,
    ...names.links,
    ...own,
  ]);
}

/** The text of /etc/hostname. */
export function formatHostname(hostname: string): string {
  return lines([hostname]);
}

/** The full name first, then the bare one. A hostname with a domain in it counts as the full one. */
function ownNames({ hostname, domainname }: HostNames): string {
  const full = domainname === "" ? hostname : `${hostname}.${domainname}`;
  const [bare = full] = full.split(".");
  return bare === full ? full : `${full} ${bare}`;
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
