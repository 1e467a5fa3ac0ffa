import { expect, test } from "bun:test";
import {
  addOutside,
  HOST_OUTSIDE,
  makeHost,
  OUTSIDE,
  SETTINGS,
} from "../../test/support/bridge-world.ts";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { planLoopback } from "./container-link.ts";

test("a container reaches the outside by the host's address, and the bridge", async () => {
  using world = makeHost();
  world.ensure();
  using server = serveIn(addOutside(world));

  const { container } = world.connect(2);

  expect(server.port).toBe(7000);
  expect(await ask(container, OUTSIDE)).toBe(HOST_OUTSIDE);
  expect(container.exec("ping", "-c1", "-W2", "10.1.0.1")).toContain("1 received");
});

test("containers reach each other by their own addresses", async () => {
  using world = makeHost();
  world.ensure();
  const one = world.connect(2).container;
  const other = world.connect(3).container;
  using server = serveIn(one);

  expect(server.port).toBe(7000);
  expect(await ask(other, "10.1.0.2")).toBe("10.1.0.3");
  expect(await ask(world.host, "10.1.0.2")).toBe("10.1.0.1");
});

test("a container is not reached from outside, even with a route", async () => {
  using world = makeHost();
  world.ensure();
  const outside = addOutside(world);
  outside.exec("ip", "route", "add", "10.1.0.0/16", "via", HOST_OUTSIDE);
  using server = serveIn(world.connect(2).container);

  expect(server.port).toBe(7000);
  expect(await ask(outside, "10.1.0.2")).toBe("");
  expect(world.host.exec("nft", "list", "chain", "ip", "sampan-sampan0", "forward")).toMatch(
    /counter packets [1-9]\d* bytes \d+ drop/,
  );
});

test("what another table drops stays dropped", async () => {
  using world = makeHost();
  world.ensure();
  using server = serveIn(addOutside(world));
  world.host.exec(
    "nft",
    "add table ip theirs; add chain ip theirs f { type filter hook forward priority 0; policy drop; }",
  );

  expect(server.port).toBe(7000);
  expect(await ask(world.connect(2).container, OUTSIDE)).toBe("");
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

/** A server that answers each connection with the address it came from. */
function serveIn(namespace: NetworkNamespace) {
  return namespace.run(() =>
    Bun.listen({
      hostname: "0.0.0.0",
      port: 7000,
      socket: { open: (socket) => void socket.end(socket.remoteAddress), data: () => {} },
    }),
  );
}

/** What the server says to a client in the namespace; "" where it is not reached. */
async function ask(namespace: NetworkNamespace, address: string): Promise<string> {
  const script = `exec 3<>/dev/tcp/${address}/7000 && cat <&3`;
  const client = Bun.spawn(
    ["nsenter", `--net=${namespace.path}`, "timeout", "1", "bash", "-c", script],
    { stderr: "ignore" },
  );
  return client.stdout.text();
}
