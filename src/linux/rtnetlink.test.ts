import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { RouteSocket } from "./rtnetlink.ts";
import { newAddress, newRoute } from "./rtnetlink-address.ts";
import { newBridge, newVeth } from "./rtnetlink-create.ts";
import { deleteLink, moveLink, setLinkUp } from "./rtnetlink-link.ts";

const MAC = "02:42:0a:01:00:02";

/** A namespace with a bridge of index `bridge`, and a second one for a container. */
function makeWorld() {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const container = undo.use(new NetworkNamespace());
  const routes = undo.use(host.run(() => new RouteSocket()));
  const inside = undo.use(container.run(() => new RouteSocket()));
  routes.send(newBridge("br0", 1400), setLinkUp({ name: "br0" }));
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
