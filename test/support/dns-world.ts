import { Forwarder } from "../../src/network/dns/forwarder.ts";
import { HostResolvers } from "../../src/network/dns/host-resolvers.ts";
import { NameServer } from "../../src/network/dns/name-server.ts";
import type { NameAddresses, NameZone } from "../../src/network/dns/name-zone.ts";
import type { ForwardingRules } from "../../src/network/dns/responder.ts";
import { DnsClient } from "./dns-client.ts";
import { NetworkNamespace } from "./network-namespace.ts";

/** A zone out of tables: names to addresses, and addresses to names. */
export function makeZone(
  names: Readonly<Record<string, Partial<NameAddresses>>>,
  reverse: Readonly<Record<string, string>> = {},
): NameZone {
  const table = new Map(Object.entries(names));
  return {
    lookup(name) {
      const found = table.get(name);
      return found === undefined ? undefined : { ipv4: [], ipv6: [], ...found };
    },
    reverse: (address) => reverse[address],
  };
}

/** A container's namespace with a name server, and a client in it. */
export function makeDnsWorld(zone: NameZone, forwarding?: ForwardingRules) {
  const undo = new DisposableStack();
  const container = undo.use(new NetworkNamespace());
  const server = undo.use(NameServer.open({ namespaceFd: container.fd, zone, forwarding }));
  const client = undo.use(new DnsClient(container));
  return { undo, container, server, client, [Symbol.dispose]: () => undo.dispose() };
}

/** A forwarder that reads a resolv.conf of the test's own, and does not wait for long. */
export function makeForwarder(options: {
  readonly resolvConf: string;
  readonly port?: number;
  readonly timeoutMs: number;
}): Forwarder {
  const { resolvConf, port, timeoutMs } = options;
  const hostResolvers = new HostResolvers(resolvConf);
  return new Forwarder({ hostResolvers, timeoutMs, ...(port === undefined ? {} : { port }) });
}
