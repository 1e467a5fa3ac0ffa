import { existsSync, readFileSync } from "node:fs";
import { parseExtraHost, resolveExtraHost } from "../../network/extra-host.ts";
import { formatHosts } from "../../network/host-files.ts";
import { formatResolver, isSystemdStub } from "../../network/resolver-file.ts";
import type { HostOptions } from "../model.ts";
import type { ContainerRecord } from "./record.ts";

const RESOLV_CONF = "/etc/resolv.conf";
const SYSTEMD_RESOLV_CONF = "/run/systemd/resolve/resolv.conf";

/** The text of a container's /etc/hosts; in the host's network it begins with the host's own. */
export function hostsText(
  record: ContainerRecord,
  { gateway, links }: { readonly gateway: string; readonly links: readonly string[] },
): string {
  const { host, domainname } = record.config;
  const extraHosts = host.extraHosts.map(parseExtraHost);
  if (host.network.kind === "host") {
    const extra = extraHosts.map((line) => {
      const { name, address } = resolveExtraHost(line, gateway);
      return `${address}\t${name}\n`;
    });
    return [readIfThere("/etc/hosts"), ...extra].join("");
  }
  return formatHosts({
    hostname: record.effective.hostname,
    domainname,
    addresses: record.endpoints.flatMap(({ live }) => live.addresses.map(({ address }) => address)),
    extraHosts,
    links,
    hostGateway: gateway,
    hasIpv6: existsSync("/proc/sys/net/ipv6"),
  });
}

/** The text of a container's /etc/resolv.conf; in the host's network the host's own means the same. */
export function resolverText(host: HostOptions): string {
  const own = readIfThere(RESOLV_CONF);
  const asksNothing = [host.dns, host.dnsSearch, host.dnsOptions].every(
    ({ length }) => length === 0,
  );
  if (host.network.kind === "host" && asksNothing) return own;
  const reachable = isSystemdStub(own) ? readIfThere(SYSTEMD_RESOLV_CONF) : own;
  return formatResolver(reachable, host);
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
