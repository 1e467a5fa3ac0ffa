import { expect, test } from "bun:test";
import {
  ask,
  askInVain,
  CAN_FILTER_BRIDGES,
  filterBridges,
  HOST,
  makeFirewallWorld,
  network,
  OUTSIDE,
  openClient,
  port,
  port6,
  SERVER_PORT,
  serveTcp,
  serveUdp,
} from "../../test/support/firewall-world.ts";
import { testIf } from "../../test/support/test-if.ts";
import type { PublishedPort } from "./published-port.ts";

const LOOPBACK = "127.0.0.1";

test("a published port is reached from outside, and the server sees the client's address", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const server = world.connect(1, 2);
  using _ = serveTcp(server, "0.0.0.0");
  using __ = serveTcp(server, "fd00:1::2");
  world.publish(port(), port6());

  expect(await ask(world.outside, HOST.ipv4)).toBe(OUTSIDE.ipv4);
  expect(await ask(world.outside, HOST.ipv6)).toBe(OUTSIDE.ipv6);
});

test("a published port is reached from the host by each of its addresses", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const server = world.connect(1, 2);
  using _ = serveTcp(server, "0.0.0.0");
  using __ = serveTcp(server, "fd00:1::2");
  world.publish(port(), port6());

  expect(await ask(world.host, LOOPBACK)).toBe("10.1.0.1");
  expect(await ask(world.host, "127.9.9.9")).toBe("10.1.0.1");
  expect(await ask(world.host, HOST.ipv4)).toBe(HOST.ipv4);
  expect(await ask(world.host, "10.1.0.1")).toBe("10.1.0.1");
  expect(await ask(world.host, HOST.ipv6)).toBe(HOST.ipv6);
});

test("UDP is published as TCP is", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const server = world.connect(1, 2);
  using _ = await serveUdp(server, "0.0.0.0");
  using __ = await serveUdp(server, "fd00:1::2");
  world.publish(port({ protocol: "udp" }), port6({ protocol: "udp" }));
  const udp = { protocol: "udp" } as const;

  expect(await ask(world.outside, HOST.ipv4, udp)).toBe(OUTSIDE.ipv4);
  expect(await ask(world.outside, HOST.ipv6, udp)).toBe(OUTSIDE.ipv6);
  expect(await ask(world.host, LOOPBACK, udp)).toBe("10.1.0.1");
  expect(await ask(server, HOST.ipv4, udp)).toBe("10.1.0.1");
});

test.each([
  ["the port", [] as readonly PublishedPort[]],
  ["several ports", [port({ protocol: "udp", hostPort: 9999, address: "10.1.0.4" })]],
])(
  "datagrams of a client that goes on sending follow %s to another container",
  async (_, beside) => {
    using world = makeFirewallWorld();
    world.add(network(1));
    using _one = await serveUdp(world.connect(1, 2), "0.0.0.0", "one");
    using _other = await serveUdp(world.connect(1, 3), "0.0.0.0", "other");
    await using client = await openClient(world.outside, HOST.ipv4);
    const [one, other] = ["10.1.0.2", "10.1.0.3"].map((address) =>
      port({ protocol: "udp", address }),
    );
    if (one === undefined || other === undefined) throw new Error("no ports");
    client.send();

    world.publish(one, ...beside);
    await client.hear("one");
    world.firewall.unpublish([one]);
    world.publish(other, ...beside);
    await client.hear("other");
  },
);

test("the host reaches UDP at [::1] by the kernel alone, where bridges are not filtered", async () => {
  using world = makeFirewallWorld();
  filterBridges(world.host, false);
  world.add(network(1));
  using _ = await serveUdp(world.connect(1, 2), "fd00:1::2");
  world.publish(port6({ protocol: "udp" }));

  expect(await ask(world.host, "::1", { protocol: "udp" })).toBe("fd00:1::1");
});

test("containers reach themselves, one another and other networks by the host's ports", () =>
  expectHairpins(false));

testIf(CAN_FILTER_BRIDGES, "br_netfilter")(
  "containers reach the host's ports where bridges are filtered, too, as beside a dockerd",
  () => expectHairpins(true),
);

test("a container is not reached by its own address, from outside or from other networks", async () => {
  using world = makeFirewallWorld();
  world.add(network(1), network(2));
  const server = world.connect(1, 2);
  const stranger = world.connect(2, 2);
  using _ = serveTcp(server, "0.0.0.0");
  using __ = serveTcp(server, "fd00:1::2");
  world.publish(port());

  for (const client of [world.outside, stranger]) {
    expect(await askInVain(client, "10.1.0.2", { port: SERVER_PORT })).toBe("");
    expect(await askInVain(client, "fd00:1::2", { port: SERVER_PORT })).toBe("");
  }
  expect(await ask(world.host, "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.1");
});

test("a port of one address is reached there only, and goes before one of all addresses", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  using other = world.connect(1, 3).run(() =>
    Bun.listen({
      hostname: "0.0.0.0",
      port: SERVER_PORT,
      socket: { open: (socket) => void socket.end("other"), data: () => {} },
    }),
  );
  world.publish(
    port({ hostPort: 8081, hostAddress: LOOPBACK }),
    port(),
    port({ hostAddress: LOOPBACK, address: "10.1.0.3" }),
  );

  expect(other.port).toBe(SERVER_PORT);
  expect(await ask(world.host, LOOPBACK, { port: 8081 })).toBe("10.1.0.1");
  expect(await askInVain(world.host, HOST.ipv4, { port: 8081 })).toBe("");
  expect(await askInVain(world.outside, HOST.ipv4, { port: 8081 })).toBe("");
  expect(await ask(world.host, LOOPBACK)).toBe("other");
  expect(await ask(world.host, HOST.ipv4)).toBe(HOST.ipv4);
});

test("connections to other machines go there, whatever is published here", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const client = world.connect(1, 2);
  using _ = serveTcp(client, "0.0.0.0");
  using __ = serveTcp(world.outside, "0.0.0.0", 8080);
  world.publish(port());

  expect(await ask(world.host, OUTSIDE.ipv4)).toBe(HOST.ipv4);
  expect(await ask(client, OUTSIDE.ipv4)).toBe(HOST.ipv4);
});

test("containers do not reach the host's loopback, nor pose as it", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  const container = world.connect(1, 2);
  using _ = serveTcp(world.host, LOOPBACK, 9000);
  container.exec("ip", "address", "del", "127.0.0.1/8", "dev", "lo");
  container.exec("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1");
  container.exec("ip", "route", "add", "127.0.0.0/8", "via", "10.1.0.1");

  expect(await askInVain(container, LOOPBACK, { port: 9000 })).toBe("");
  expect(await ask(world.host, LOOPBACK, { port: 9000 })).toBe(LOOPBACK);
  expect(world.nft("list", "chain", "inet", "sampan-sampan0", "raw")).toMatch(
    /ip daddr 127\.0\.0\.0\/8 counter packets [1-9]/,
  );
});

test("what another table drops stays dropped", async () => {
  using world = makeFirewallWorld();
  world.add(network(1));
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  world.publish(port(), port({ hostPort: 8081 }));
  world.nft(
    "add table ip theirs; add chain ip theirs f { type filter hook forward priority 10; }; \
add rule ip theirs f meta l4proto tcp ct original proto-dst 8080 drop",
  );

  expect(await askInVain(world.outside, HOST.ipv4)).toBe("");
  expect(await ask(world.outside, HOST.ipv4, { port: 8081 })).toBe(OUTSIDE.ipv4);
});

test("an internal network sends nothing across and gets nothing, published or not", async () => {
  using world = makeFirewallWorld();
  world.add(network(1, { internal: true }), network(2));
  const inside = world.connect(1, 2);
  const stranger = world.connect(2, 2);
  using _ = serveTcp(inside, "0.0.0.0");
  using __ = serveTcp(world.outside, "0.0.0.0");
  using ___ = serveTcp(stranger, "0.0.0.0");
  world.publish(port(), port({ hostPort: 8082, bridge: "br2", address: "10.2.0.2" }));

  expect(await askInVain(inside, OUTSIDE.ipv4, { port: SERVER_PORT })).toBe("");
  expect(await askInVain(inside, HOST.ipv4, { port: 8082 })).toBe("");
  expect(await askInVain(world.outside, HOST.ipv4)).toBe("");
  expect(await askInVain(stranger, "10.1.0.2", { port: SERVER_PORT })).toBe("");
  expect(await ask(world.connect(1, 3), "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.3");
  expect(await ask(world.host, "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.1");
});

testIf(CAN_FILTER_BRIDGES, "br_netfilter")(
  "without icc containers of a network reach one another by published ports only",
  async () => {
    using world = makeFirewallWorld();
    filterBridges(world.host, true);
    world.add(network(1, { icc: false }));
    using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
    const neighbour = world.connect(1, 3);
    world.publish(port());

    expect(await askInVain(neighbour, "10.1.0.2", { port: SERVER_PORT })).toBe("");
    expect(await ask(neighbour, HOST.ipv4)).toBe("10.1.0.1");
  },
);

test("a routed network is reached at published ports of its containers' own addresses", async () => {
  using world = makeFirewallWorld();
  world.add(network(1, { gatewayMode: { ipv4: "routed", ipv6: "routed" } }), network(2));
  const server = world.connect(1, 2);
  const stranger = world.connect(2, 2);
  using _ = serveTcp(server, "0.0.0.0");
  using __ = serveTcp(server, "0.0.0.0", 7001);
  using ___ = serveTcp(server, "fd00:1::2");
  world.publish(port(), port({ hostPort: 8081 }), port6());
  world.firewall.unpublish([port({ hostPort: 8081 })]);
  const direct = { port: SERVER_PORT };

  expect(await ask(world.outside, "10.1.0.2", direct)).toBe(OUTSIDE.ipv4);
  expect(await ask(world.outside, "fd00:1::2", direct)).toBe(OUTSIDE.ipv6);
  expect(await ask(stranger, "10.1.0.2", direct)).toBe("10.2.0.2");
  expect(await askInVain(world.outside, "10.1.0.2", { port: 7001 })).toBe("");
  expect(await askInVain(world.outside, HOST.ipv4)).toBe("");
  expect(world.outside.exec("ping", "-c1", "-W2", "10.1.0.2")).toContain("1 received");
  expect(world.outside.exec("ping", "-c1", "-W2", "fd00:1::2")).toContain("1 received");
});

test("an unprotected network is reached at all ports from outside, not from other networks", async () => {
  using world = makeFirewallWorld();
  const mode = "nat-unprotected";
  world.add(network(1, { gatewayMode: { ipv4: mode, ipv6: mode } }), network(2));
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  const stranger = world.connect(2, 2);

  expect(await ask(world.outside, "10.1.0.2", { port: SERVER_PORT })).toBe(OUTSIDE.ipv4);
  expect(await askInVain(stranger, "10.1.0.2", { port: SERVER_PORT })).toBe("");
});

test("containers leave by the host's address, by a chosen one, or by their own", async () => {
  using world = makeFirewallWorld();
  world.host.exec("ip", "address", "add", "192.0.2.77/24", "dev", "wan");
  world.add(
    network(1, { hostAddress: { ipv4: "192.0.2.77" } }),
    network(2, { masquerade: { ipv4: false, ipv6: true } }),
  );
  using _ = serveTcp(world.outside, "0.0.0.0");
  using __ = serveTcp(world.outside, OUTSIDE.ipv6);
  const direct = { port: SERVER_PORT };
  const one = world.connect(1, 2);
  const other = world.connect(2, 2);

  expect(await ask(one, OUTSIDE.ipv4, direct)).toBe("192.0.2.77");
  expect(await ask(one, OUTSIDE.ipv6, direct)).toBe(HOST.ipv6);
  expect(await ask(other, OUTSIDE.ipv4, direct)).toBe("10.2.0.2");
  expect(await ask(other, OUTSIDE.ipv6, direct)).toBe(HOST.ipv6);
});

async function expectHairpins(isFiltered: boolean): Promise<void> {
  using world = makeFirewallWorld();
  filterBridges(world.host, isFiltered);
  world.add(network(1), network(2));
  const server = world.connect(1, 2);
  const neighbour = world.connect(1, 3);
  const stranger = world.connect(2, 2);
  using _ = serveTcp(server, "0.0.0.0");
  using __ = serveTcp(server, "fd00:1::2");
  world.publish(port(), port6());

  for (const client of [server, neighbour, stranger]) {
    expect(await ask(client, HOST.ipv4)).toBe("10.1.0.1");
    expect(await ask(client, HOST.ipv6)).toBe("fd00:1::1");
  }
  expect(await ask(neighbour, "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.3");
  expect(await ask(world.host, LOOPBACK)).toBe("10.1.0.1");
}
