import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { RouteSocket } from "./rtnetlink.ts";
import { newAddress, newLoopbackRoute, newRoute } from "./rtnetlink-address.ts";
import { newBridge, newVeth } from "./rtnetlink-create.ts";
import {
  deleteLink,
  moveLink,
  setBridgePort,
  setLinkUp,
  setNoIpv6Addresses,
} from "./rtnetlink-link.ts";

const MAC = "02:42:0a:01:00:02";

/** A namespace with a bridge of index `bridge`, and a second one for a container. */
function makeWorld() {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const container = undo.use(new NetworkNamespace());
  const routes = undo.use(host.run(() => new RouteSocket()));
  const inside = undo.use(container.run(() => new RouteSocket()));
  routes.send(newBridge({ name: "br0", mtu: 1400 }), setLinkUp({ name: "br0" }));
  const bridge = routes.findLink({ name: "br0" })?.index ?? 0;
  const pair = (name = "host0", index = 5000) =>
    newVeth({
      host: { name, index, masterIndex: bridge },
      peer: { name: "eth0", index: 100, macAddress: MAC, namespaceFd: container.fd },
      mtu: 1400,
    });
  return { host, container, routes, inside, bridge, pair, [Symbol.dispose]: () => undo.dispose() };
}

test("a new bridge is what ip(8) sees", () => {
  using world = makeWorld();

  expect(JSON.parse(world.host.exec("ip", "-j", "-d", "link", "show", "br0"))).toMatchObject([
    {
      ifname: "br0",
      mtu: 1400,
      flags: expect.arrayContaining(["UP"]),
      linkinfo: { info_kind: "bridge" },
    },
  ]);
});

test("one request makes both ends of a veth pair, each in its namespace", () => {
  using world = makeWorld();

  world.routes.send(world.pair());

  expect(JSON.parse(world.host.exec("ip", "-j", "-d", "link", "show", "host0"))).toMatchObject([
    {
      ifindex: 5000,
      master: "br0",
      mtu: 1400,
      flags: expect.arrayContaining(["UP"]),
      num_tx_queues: 1,
    },
  ]);
  expect(JSON.parse(world.container.exec("ip", "-j", "link", "show", "eth0"))).toMatchObject([
    { ifindex: 100, address: MAC, mtu: 1400, link_index: 5000 },
  ]);
});

test("addresses and routes arrive, IPv4 and IPv6", () => {
  using world = makeWorld();
  world.routes.send(world.pair());

  world.inside.send(
    setLinkUp({ name: "lo" }),
    newAddress({ linkIndex: 100, address: "10.1.0.2", prefixLength: 20 }),
    newAddress({ linkIndex: 100, address: "fd00:1::2", prefixLength: 64 }),
    setLinkUp({ index: 100 }),
    newRoute({ destination: "0.0.0.0", prefixLength: 0, gateway: "10.1.0.1" }),
    newRoute({ destination: "10.9.0.0", prefixLength: 16, linkIndex: 100 }),
    newRoute({ destination: "::", prefixLength: 0, gateway: "fd00:1::1", linkIndex: 100 }),
  );

  const [eth0] = JSON.parse(world.container.exec("ip", "-j", "address", "show", "eth0"));
  expect(eth0.addr_info).toMatchObject([
    { local: "10.1.0.2", prefixlen: 20, broadcast: "10.1.15.255", scope: "global" },
    { local: "fd00:1::2", prefixlen: 64 },
    { family: "inet6", scope: "link" },
  ]);
  expect(JSON.parse(world.container.exec("ip", "-j", "route"))).toMatchObject([
    { dst: "default", gateway: "10.1.0.1", dev: "eth0" },
    { dst: "10.1.0.0/20", prefsrc: "10.1.0.2" },
    { dst: "10.9.0.0/16", dev: "eth0", scope: "link" },
  ]);
  expect(world.container.exec("ip", "-6", "route")).toContain("default via fd00:1::1 dev eth0");
});

test("a link can come up without addresses of IPv6's own", () => {
  using world = makeWorld();
  world.routes.send(world.pair());

  world.inside.send(setNoIpv6Addresses({ index: 100 }), setLinkUp({ index: 100 }));

  const [eth0] = JSON.parse(world.container.exec("ip", "-j", "address", "show", "eth0"));
  expect(eth0.flags).toContain("UP");
  expect(eth0.addr_info).toEqual([]);
});

test("a port of a bridge can let frames back, and can be isolated", () => {
  using world = makeWorld();
  world.routes.send(world.pair());

  world.routes.send(setBridgePort({ name: "host0" }, { hairpin: true, isolated: true }));

  expect(JSON.parse(world.host.exec("bridge", "-j", "-d", "link"))).toMatchObject([
    { ifname: "host0", hairpin: true, isolated: true },
  ]);
});

test("what comes in by a link can be for ::1, which stays on loopback otherwise", () => {
  using world = makeWorld();

  world.routes.send(setLinkUp({ name: "lo" }), newLoopbackRoute(world.bridge));

  const routes = world.host.exec("ip", "-6", "route", "show", "table", "local");
  expect(routes).toMatch(/local ::1 dev br0 .*metric 2048/);
  expect(world.host.exec("ip", "-6", "route", "get", "::1")).toContain("dev lo");
});

test("a link moves to another namespace, and the pair goes with either end", () => {
  using world = makeWorld();
  using third = new NetworkNamespace();
  world.routes.send(world.pair());

  world.inside.send(moveLink({ name: "eth0" }, third.fd));
  expect(world.inside.findLink({ name: "eth0" })).toBeUndefined();
  expect(third.exec("ip", "-br", "link")).toContain("eth0@");

  world.routes.send(deleteLink({ index: 5000 }));
  expect(world.routes.findLink({ name: "host0" })).toBeUndefined();
  expect(third.exec("ip", "-br", "link")).not.toContain("eth0@");
});

test("what is asked aside is done when the promise is, and a refusal is an answer", async () => {
  using world = makeWorld();
  world.routes.send(world.pair());

  expect(await world.inside.trySendAside(deleteLink({ index: 100 }))).toBeUndefined();
  expect(world.routes.findLink({ name: "host0" })).toBeUndefined();

  const refusal = await world.inside.trySendAside(deleteLink({ index: 100 }));
  expect(refusal?.code).toBe("ENODEV");
  expect(world.inside.findLink({ name: "lo" })?.index).toBe(1);
});

test("the lists say what ip(8) says", () => {
  using world = makeWorld();
  world.routes.send(
    newAddress({ linkIndex: world.bridge, address: "10.1.0.1", prefixLength: 16 }),
    world.pair(),
  );

  expect(world.routes.listLinks()).toMatchObject([
    { name: "lo", up: false, kind: "", mtu: 65536 },
    { name: "br0", up: true, kind: "bridge", mtu: 1400 },
    { name: "host0", index: 5000, kind: "veth", masterIndex: world.bridge, peerIndex: 100 },
  ]);
  expect(world.routes.listAddresses().filter(isIpv4)).toEqual([
    { linkIndex: world.bridge, address: "10.1.0.1", prefixLength: 16 },
  ]);
  expect(world.routes.listRoutes()).toContainEqual({
    destination: "10.1.0.0",
    prefixLength: 16,
    table: 254,
    linkIndex: world.bridge,
  });
  expect(world.inside.findLink({ name: "eth0" })?.macAddress).toBe(MAC);
});

test("a list of more links than fit one receive is whole", () => {
  using world = makeWorld();
  const names = Array.from({ length: 150 }, (_, index) => `many${index}`);

  world.routes.send(...names.map((name) => newBridge({ name, mtu: 1500 })));

  expect(world.routes.listLinks().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
});

test.each([
  ["a name in use", "br0", /create bridge br0.*: EEXIST/],
  ["a name that is too long", "a-name-of-16-chr", /rtnetlink create bridge a-name-of-16-chr.*: /],
  ["a name with a slash", "a/b", /create bridge a\/b.*: EINVAL/],
])("the kernel refuses %s", (_, name, message) => {
  using world = makeWorld();

  expect(() => world.routes.send(newBridge({ name, mtu: 1500 }))).toThrow(message);
});

test("the kernel's own words are in the error", () => {
  using world = makeWorld();

  const route = newRoute({ destination: "0.0.0.0", prefixLength: 0, gateway: "10.99.0.1" });

  expect(() => world.routes.send(route)).toThrow(
    "rtnetlink add route 0.0.0.0/0 via 10.99.0.1 (Nexthop has invalid gateway): ENETUNREACH",
  );
});

test("the requests after a refused one are carried out", () => {
  using world = makeWorld();

  expect(() =>
    world.routes.send(newBridge({ name: "br0", mtu: 1500 }), newBridge({ name: "br1", mtu: 1500 })),
  ).toThrow("EEXIST");
  expect(world.routes.findLink({ name: "br1" })).toBeDefined();
});

test("a closed socket is no other file's", () => {
  using world = makeWorld();
  const socket = world.host.run(() => new RouteSocket());

  socket[Symbol.dispose]();
  socket[Symbol.dispose]();

  expect(() => socket.listLinks()).toThrow("EBADF");
});

function isIpv4({ address }: { readonly address: string }): boolean {
  return !address.includes(":");
}
