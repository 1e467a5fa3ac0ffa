import { alias, bool, checkedList, list, text } from "../flags/flag.ts";
import { checkIp, parseExtraHost, parseLink, parseSearchDomain } from "./addresses.ts";
import { parseNetwork } from "./network-option.ts";

const network = checkedList("Connect a container to a network", parseNetwork, {
  label: "network",
  completes: "networks",
});
const networkAlias = list("Add network-scoped alias for the container");
const dnsOption = list("Set DNS options");

/** How the container is reached, and what it reaches. */
export const NETWORK_FLAGS = {
  "add-host": checkedList("Add a custom host-to-IP mapping (host:ip)", parseExtraHost),
  dns: checkedList("Set custom DNS servers", checkIp),
  "dns-opt": alias("dns-option", dnsOption),
  "dns-option": dnsOption,
  "dns-search": checkedList("Set custom DNS search domains", parseSearchDomain),
  expose: list("Expose a port or a range of ports"),
  ip: text("IPv4 address (e.g., 172.30.100.104)"),
  ip6: text("IPv6 address (e.g., 2001:db8::33)"),
  link: checkedList("Add link to another container", parseLink),
  "link-local-ip": list("Container IPv4/IPv6 link-local addresses"),
  "mac-address": text("Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
  net: alias("network", network),
  "net-alias": alias("network-alias", networkAlias),
  network,
  "network-alias": networkAlias,
  publish: list("Publish a container's port(s) to the host", { short: "p" }),
  "publish-all": bool("Publish all exposed ports to random ports", { short: "P" }),
} as const;
