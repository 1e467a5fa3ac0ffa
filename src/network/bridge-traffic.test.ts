import { expect, test } from "bun:test";
import {
  addOutside,
  HOST_OUTSIDE,
  makeHost,
  OUTSIDE,
  SETTINGS,
} from "../../test/support/bridge-world.ts";
import { ask, askInVain, SERVER_PORT, serveTcp } from "../../test/support/firewall-world.ts";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { planLoopback } from "./container-link.ts";

test("a container reaches the outside by the host's address, and the bridge", async () => {
  using world = makeHost();
  world.ensure();
  using server = serveTcp(addOutside(world), "0.0.0.0");

  const { container } = world.connect(2);

  expect(server.port).toBe(SERVER_PORT);
  expect(await ask(container, OUTSIDE, { port: SERVER_PORT })).toBe(HOST_OUTSIDE);
  expect(container.exec("ping", "-c1", "-W10", "10.1.0.1")).toContain("1 received");
});

test("containers reach each other by their own addresses", async () => {
  using world = makeHost();
  world.ensure();
  const one = world.connect(2).container;
  const other = world.connect(3).container;
  using server = serveTcp(one, "0.0.0.0");

  expect(server.port).toBe(SERVER_PORT);
  expect(await ask(other, "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.3");
  expect(await ask(world.host, "10.1.0.2", { port: SERVER_PORT })).toBe("10.1.0.1");
});

test("a container is not reached from outside, even with a route", async () => {
  using world = makeHost();
  world.ensure();
  const outside = addOutside(world);
  outside.exec("ip", "route", "add", "10.1.0.0/16", "via", HOST_OUTSIDE);
  using server = serveTcp(world.connect(2).container, "0.0.0.0");

  expect(server.port).toBe(SERVER_PORT);
  await waitUntil("a packet from outside was dropped", async () => {
    expect(await askInVain(outside, "10.1.0.2", { port: SERVER_PORT })).toBe("");
    const chain = ["chain", "inet", "sampan-sampan0", "only-published"];
    return /counter packets [1-9]\d* bytes \d+ drop/.test(world.host.exec("nft", "list", ...chain));
  });
});

test("what another table drops stays dropped", async () => {
  using world = makeHost();
  world.ensure();
  using server = serveTcp(addOutside(world), "0.0.0.0");
  world.host.exec(
    "nft",
    "add table ip theirs; add chain ip theirs f { type filter hook forward priority 0; policy drop; }",
  );

  expect(server.port).toBe(SERVER_PORT);
  const { container } = world.connect(2);
  expect(await askInVain(container, OUTSIDE, { port: SERVER_PORT })).toBe("");
});

test("eth0 has its address and route, loopback is up, and IPv6 makes no address of its own", () => {
  using world = makeHost();
  world.ensure();

  const { container } = world.connect(2);

  const [lo, eth0] = JSON.parse(container.exec("ip", "-j", "address"));
  expect(lo.flags).toContain("UP");
  expect(eth0).toMatchObject({ ifname: "eth0", address: "02:42:0a:01:00:02", mtu: 1500 });
  expect(eth0.addr_info).toMatchObject([
    { family: "inet", local: "10.1.0.2", prefixlen: 16, broadcast: "10.1.255.255" },
  ]);
  expect(JSON.parse(container.exec("ip", "-j", "route"))[0]).toMatchObject({
    dst: "default",
    gateway: "10.1.0.1",
  });
});

test("planLoopback() is all that a container without a network needs", () => {
  using container = new NetworkNamespace();
  using inside = container.run(() => new RouteSocket());

  inside.send(...planLoopback());

  expect(container.exec("ping", "-c1", "127.0.0.1")).toContain("1 received");
});

test("an MTU too small for IPv6 is no hindrance", () => {
  using world = makeHost({ ...SETTINGS, mtu: 1000 });
  world.ensure();

  expect(world.connect(2).container.exec("ip", "link", "show", "eth0")).toContain("mtu 1000");
});
