import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const IPV4 = "/proc/sys/net/ipv4";
const IPV6 = "/proc/sys/net/ipv6";
/** Take router advertisements, though not on an interface that forwards; and though it forwards. */
const ACCEPT_UNLESS_FORWARDING = "1";
const ACCEPT_ALWAYS = "2";

// All of these files are of the network namespace that the calling thread is in.

/** Lets the host pass IPv4 packets on. */
export function enableIpv4Forwarding(): void {
  setSysctl(join(IPV4, "ip_forward"), "1");
}

/**
 * Lets the host pass IPv6 packets on. The kernel then no longer heeds routers' advertisements, from
 * which a host may have its address and its default route: an interface that did goes on doing so.
 */
export function enableIpv6Forwarding(): void {
  const all = join(IPV6, "conf/all/forwarding");
  if (!existsSync(all) || readSysctl(all) === "1") return;
  for (const name of readdirSync(join(IPV6, "conf"))) {
    // New interfaces, such as bridges to come, must not listen to what containers advertise.
    if (name === "all" || name === "default") continue;
    const acceptance = join(IPV6, "conf", name, "accept_ra");
    if (readSysctl(acceptance) === ACCEPT_UNLESS_FORWARDING) setSysctl(acceptance, ACCEPT_ALWAYS);
  }
  setSysctl(all, "1");
}

/**
 * Lets answers to the host's 127.0.0.1 come in by a bridge, and lets no container pose there as the
 * host's router. Before it is called nothing may be connected to the bridge.
 */
export function prepareBridge(bridge: string): void {
  // A slash in a name is a dot to the kernel, and no bridge is called so here.
  setSysctl(join(IPV4, "conf", bridge, "route_localnet"), "1");
  const acceptance = join(IPV6, "conf", bridge, "accept_ra");
  if (existsSync(acceptance)) setSysctl(acceptance, "0");
}

function setSysctl(path: string, value: string): void {
  if (readSysctl(path) !== value) writeFileSync(path, value);
}

function readSysctl(path: string): string {
  return readFileSync(path, "utf8").trim();
}
