import { expect, test } from "bun:test";
import {
  ask,
  HOST,
  makeFirewallWorld,
  network,
  OUTSIDE,
  port,
  port6,
  SERVER_PORT,
  serveTcp,
} from "../../test/support/firewall-world.ts";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { NftablesSocket } from "../linux/nftables.ts";
import { Firewall } from "./firewall.ts";

const TABLE = { family: "inet", name: "sampan-sampan0" } as const;

/** A firewall with something in each of its sets. */
function makeFullWorld() {
  const world = makeFirewallWorld();
  world.host.exec("ip", "link", "add", "br3", "type", "bridge");
  world.host.exec("ip", "link", "add", "br4", "type", "bridge");
  world.add(
    network(1),
    network(2, { internal: true, icc: false }),
    network(3, { hostAddress: HOST, gatewayMode: { ipv4: "nat-unprotected", ipv6: "isolated" } }),
    network(4, { gatewayMode: { ipv4: "routed", ipv6: "routed" } }),
  );
  world.publish(
    port(),
    port({ hostPort: 8081, hostAddress: "127.0.0.1" }),
    port({ hostPort: 53, protocol: "udp" }),
    port({ hostPort: 9, protocol: "sctp" }),
    port6(),
    port6({ hostPort: 8081, hostAddress: "2001:db8::1" }),
    port6({ hostPort: 8082, address: "10.1.0.2" }),
    port6({ hostPort: 8083, hostAddress: "::1" }),
    port({ hostPort: 8084, bridge: "br4", address: "10.4.0.2" }),
    port6({ hostPort: 8085, bridge: "br4", address: "fd00:4::2" }),
  );
  return world;
}

test("nft(8) shows the table in full, and makes the same one of what it shows", () => {
  using world = makeFullWorld();
  using elsewhere = new NetworkNamespace();
  const shown = world.nft("list", "ruleset");

  const reload = Bun.spawnSync(["nsenter", `--net=${elsewhere.path}`, "nft", "-f", "-"], {
    stdin: Buffer.from(shown),
  });

  expect(reload.stderr.toString()).toBe("");
  expect(elsewhere.exec("nft", "list", "ruleset")).toBe(shown);
  expect(shown.match(/elements = /g)).toHaveLength(18);
});

test("removing what was added leaves all sets empty, and removing it again is no error", () => {
  using world = makeFullWorld();

  for (const bridge of ["br1", "br2", "br3", "br4", "br4"]) world.firewall.removeNetwork(bridge);
  world.firewall.unpublish([port()]);

  expect(world.list()).not.toContain("elements");
  expect(world.firewall.isIntact()).toBe(true);
});

const DISTURBANCES: readonly (readonly [what: string, command: string])[] = [
  ["the whole rule set is flushed", "flush ruleset"],
  ["the table is deleted", "delete table inet sampan-sampan0"],
  ["the table's rules are flushed", "flush table inet sampan-sampan0"],
  ["a chain is flushed", "flush chain inet sampan-sampan0 published"],
  ["a map of ports is flushed", "flush map inet sampan-sampan0 ports4"],
  ["a map of networks is flushed", "flush map inet sampan-sampan0 leaving4"],
  ["a set is flushed", "flush set inet sampan-sampan0 bridges"],
];

test.each(DISTURBANCES)("isIntact() sees when %s, and ensure() heals it", (_, command) => {
  using world = makeFullWorld();
  const before = world.list();
  expect(world.firewall.isIntact()).toBe(true);

  world.nft(...command.split(" "));

  expect(world.firewall.isIntact()).toBe(false);
  world.host.run(() => world.firewall.ensure());
  expect(world.firewall.isIntact()).toBe(true);
  expect(world.list()).toBe(before);
});

test.each(DISTURBANCES)("watch() heals by itself when %s", async (_, command) => {
  using world = makeFullWorld();
  const before = world.list();
  world.firewall.watch((error) => {
    throw error;
  });

  world.nft(...command.split(" "));

  await waitUntil("the table is whole again", () => world.list() === before);
});

test("changes of others are no harm, and isIntact() says so", () => {
  using world = makeFullWorld();

  world.nft("add table ip theirs; add chain ip theirs c; add rule ip theirs c drop");

  expect(world.firewall.isIntact()).toBe(true);
});

test("adding and removing heal a table that is gone", () => {
  using world = makeFullWorld();
  const gone = () => world.nft("flush", "ruleset");

  gone();
  world.publish(port({ hostPort: 9999 }));
  expect(world.list()).toContain("6 . 9999 : 10.1.0.2 . 7000");
  gone();
  world.firewall.unpublish([port({ hostPort: 9999 })]);
  expect(world.list()).toContain("6 . 8080 : 10.1.0.2 . 7000");
  expect(world.list()).not.toContain("9999");
  gone();
  world.firewall.removeNetwork("br2");
  expect(world.list()).toContain('"br1" . "br1" : accept');
  expect(world.list()).not.toContain('"br2"');
  gone();
  world.add(network(2));
  expect(world.list()).toContain('"br2" . "br2" : accept');
});

test("a table of that name with other chains is replaced", () => {
  using world = makeFirewallWorld();
  world.nft(
    "delete table inet sampan-sampan0; add table inet sampan-sampan0; add chain inet sampan-sampan0 forward { type nat hook output priority 5; }",
  );

  world.host.run(() => world.firewall.ensure());

  expect(world.list()).toContain("type filter hook forward priority filter; policy accept;");
});

test("a port that leads elsewhere is refused, and none of its batch is published", () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  world.publish(port());
  world.publish(port());

  expect(() => world.publish(port({ hostPort: 8081 }), port({ address: "10.1.0.3" }))).toThrow(
    "Bind for 0.0.0.0:8080 failed: port is already allocated",
  );
  expect(world.list()).not.toContain("8081");
  world.firewall.unpublish([port({ address: "10.1.0.3" })]);
  expect(world.list()).toContain("6 . 8080 : 10.1.0.2 . 7000");
});

test.each([
  ["a port of no number", port({ hostPort: 0 }), "Cannot publish the port 0"],
  [
    "UDP from IPv6 to IPv4",
    port({ protocol: "udp", hostAddress: "::" }),
    "only TCP leads from IPv6",
  ],
  ["IPv4 to IPv6", port({ address: "fd00:1::2" }), "nothing from IPv4 to IPv6"],
  ["an unknown network", port({ bridge: "br9" }), 'The firewall knows no network on "br9"'],
])("publish() refuses %s", (_, wanted, message) => {
  using world = makeFirewallWorld();
  world.add(network(1));

  expect(() => world.publish(wanted)).toThrow(message);
});

test("a routed port stays open until the last port that opens it is gone", () => {
  using world = makeFirewallWorld();
  world.add(network(1, { gatewayMode: { ipv4: "routed", ipv6: "nat" } }));
  world.publish(port(), port({ hostPort: 8081 }));

  world.firewall.unpublish([port()]);
  expect(world.list()).toContain("elements = { 6 . 10.1.0.2 . 7000 }");
  world.firewall.unpublish([port({ hostPort: 8081 })]);
  expect(world.list()).not.toContain("10.1.0.2");
});

test("two daemons have a table each, and neither disturbs the other's containers", async () => {
  using world = makeFirewallWorld();
  using other = world.host.run(() => new Firewall("sampan1"));
  world.add(network(1));
  world.host.run(() => other.ensure());
  world.host.run(() => other.addNetwork(network(2)));
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  using __ = serveTcp(world.connect(2, 2), "0.0.0.0");
  world.publish(port());
  other.publish([port({ hostPort: 8082, bridge: "br2", address: "10.2.0.2" })]);

  expect(await ask(world.outside, HOST.ipv4)).toBe(OUTSIDE.ipv4);
  expect(await ask(world.outside, HOST.ipv4, { port: 8082 })).toBe(OUTSIDE.ipv4);
  world.firewall.remove();
  world.firewall.remove();
  expect(world.list()).not.toContain("table inet sampan-sampan0");
  expect(await ask(world.outside, HOST.ipv4, { port: 8082 })).toBe(OUTSIDE.ipv4);
});

test("a daemon that starts anew replaces in one step what the last one left", async () => {
  using world = makeFullWorld();
  using later = world.host.run(() => new Firewall("sampan0"));
  const before = world.list();
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");

  world.host.run(() => later.addNetwork(network(1)));
  later.publish([port({ hostPort: 8085 })]);
  expect(world.list()).toBe(before);
  world.host.run(() => later.ensure());

  expect(world.list()).not.toContain("8081");
  expect(await ask(world.outside, HOST.ipv4, { port: 8085 })).toBe(OUTSIDE.ipv4);
});

test("a thousand ports are a thousand elements of one batch, and no rule more", () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const rules = countRules(world.host);
  const ports = Array.from({ length: 1000 }, (_, index) => port({ hostPort: 10_000 + index }));
  const started = performance.now();

  world.publish(...ports);

  process.stderr.write(`1000 ports published in ${(performance.now() - started).toFixed(1)} ms\n`);
  expect(world.list().match(/10\.1\.0\.2 \. /g)).toHaveLength(1000);
  expect(countRules(world.host)).toBe(rules);
  expect(world.firewall.isIntact()).toBe(true);
  world.firewall.unpublish(ports);
  expect(world.list()).not.toContain("10.1.0.2");
});

test("a hundred networks have no more rules than one", () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const rules = countRules(world.host);
  const numbers = Array.from({ length: 100 }, (_, index) => 100 + index);
  for (const number of numbers)
    world.host.exec("ip", "link", "add", `br${number}`, "type", "bridge");

  world.add(...numbers.map((number) => network(number)));

  expect(countRules(world.host)).toBe(rules);
  expect(world.list()).toContain('"br199" . "br199" : accept');
});

test("forwarding is on, answers to 127.0.0.1 come in by bridges, and no container is a router", () => {
  using world = makeFirewallWorld();
  const sysctl = (name: string) => world.host.exec("sysctl", "-n", name).trim();
  const before = sysctl("net.ipv6.conf.wan.accept_ra");
  world.add(network(1, { subnets: ["10.1.0.0/16"] }));
  expect(sysctl("net.ipv4.ip_forward")).toBe("1");
  expect(sysctl("net.ipv4.conf.br1.route_localnet")).toBe("1");
  expect(sysctl("net.ipv4.conf.wan.route_localnet")).toBe("0");
  expect(sysctl("net.ipv6.conf.br1.accept_ra")).toBe("0");
  expect(sysctl("net.ipv6.conf.all.forwarding")).toBe("0");

  world.add(network(2));

  expect(sysctl("net.ipv6.conf.all.forwarding")).toBe("1");
  expect([before, sysctl("net.ipv6.conf.wan.accept_ra")]).toEqual(["1", "2"]);
  expect(sysctl("net.ipv6.conf.br2.accept_ra")).toBe("0");
});

test("a bridge that is not there is named, and nothing is remembered of it", () => {
  using world = makeFirewallWorld();

  expect(() => world.add(network(9))).toThrow('Cannot let "br9" through the firewall: ENOENT');
  expect(() => world.publish(port({ bridge: "br9", port: SERVER_PORT }))).toThrow(
    "knows no network",
  );
});

function countRules(host: NetworkNamespace): number {
  using socket = host.run(() => new NftablesSocket());
  return socket.listRules(TABLE).length;
}
