import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { attach, makeHost, SETTINGS } from "../../test/support/bridge-world.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { BridgeNetwork } from "./bridge-network.ts";
import { hostLinkIndex, hostLinkName } from "./container-link.ts";
import { HostNetworking } from "./host-networking.ts";

test("ensure() makes the bridge, its address, forwarding and the rules", () => {
  using world = makeHost();

  world.ensure();

  const [bridge] = world.ip("address", "show", "sampan0");
  expect(bridge).toMatchObject({ mtu: 1500, address: "02:42:0a:01:00:01" });
  expect(bridge.flags).toContain("UP");
  expect(bridge.addr_info[0]).toMatchObject({ local: "10.1.0.1", prefixlen: 16 });
  expect(world.host.exec("sysctl", "-n", "net.ipv4.ip_forward").trim()).toBe("1");
  expect(world.rules()).toContain("elements = { 10.1.0.0/16 : goto masquerading }");
});

test("ensure() again changes nothing, also by another daemon", async () => {
  using world = makeHost();
  world.ensure();
  // The kernel looks a moment later whether anything is connected.
  await waitUntil("the bridge is seen to have no carrier", () => {
    const [bridge] = world.ip("link", "show", "sampan0");
    return bridge.operstate === "DOWN";
  });
  const before = [world.rules(), world.ip("address")];

  world.ensure();
  using networking = world.host.run(() => new HostNetworking("sampan0"));
  const later = new BridgeNetwork(networking, SETTINGS);
  world.host.run(() => later.ensure());

  expect([world.rules(), world.ip("address")]).toEqual(before);
});

test("ensure() and remove() leave the rules of others alone", () => {
  using world = makeHost();
  world.host.exec("nft", "add table ip filter; add chain ip filter x; add rule ip filter x drop");
  const before = world.rules();

  world.ensure();
  expect(world.rules()).toStartWith(before);

  world.host.run(() => world.network.remove());
  world.networking.firewall.remove();
  expect(world.rules()).toBe(before);
});

test("rules that someone flushed come back with ensure(), and with the next container", () => {
  using world = makeHost();
  world.ensure();
  const before = world.rules();

  world.host.exec("nft", "flush", "ruleset");
  world.ensure();
  expect(world.rules()).toBe(before);

  world.host.exec("nft", "flush", "ruleset");
  world.host.run(() => world.connect(2));
  expect(world.rules()).toBe(before);
});

test("chains and sets that others add to the table survive ensure()", () => {
  using world = makeHost();
  world.ensure();
  world.host.exec("nft", "add chain inet sampan-sampan0 published");

  world.ensure();

  expect(world.rules()).toContain("chain published");
});

test("a bridge that someone deleted comes back at its address with the next container", () => {
  using world = makeHost();
  world.ensure();
  world.host.exec("ip", "link", "delete", "sampan0");

  world.host.run(() => world.connect(2));

  expect(world.ip("address", "show", "sampan0")[0].addr_info[0].local).toBe("10.1.0.1");
});

test("containers of a network without ICC reach their gateway, and not one another", () => {
  using world = makeHost({ ...SETTINGS, rules: { ...SETTINGS.rules, icc: false } });
  world.ensure();
  const { container } = world.connect(2);
  world.connect(3);

  expect(container.exec("ping", "-c1", "-W10", "10.1.0.1")).toContain("1 received");
  expect(container.tryExec("ping", "-c1", "-W1", "10.1.0.3").exitCode).toBe(1);
});

test("an index that something else has is no hindrance", () => {
  using world = makeHost();
  world.ensure();
  const index = String(hostLinkIndex("2f0000"));
  world.host.exec("ip", "link", "add", "taken", "index", index, "type", "bridge");

  const { hostName } = world.connect(2);

  expect(world.routes.findLink({ name: hostName })?.index).not.toBe(Number(index));
});

test("connect() says which container's network failed, and leaves no link", () => {
  using world = makeHost();
  world.ensure();
  const links = world.routes.listLinks().length;

  expect(() => attach(world.network, { number: 2, namespaceFd: 9999 })).toThrow(
    /^Cannot connect the container to "sampan0": rtnetlink create veth smp2f0{10}.*: E/,
  );
  expect(world.routes.listLinks()).toHaveLength(links);
});

test("before ensure() the network has no bridge, and says so", () => {
  using world = makeHost();

  expect(() => world.network.index).toThrow('The bridge "sampan0" is not set up');
});

test("a link goes with its container's namespace", async () => {
  using world = makeHost();
  world.ensure();
  const child = Bun.spawn(["unshare", "-n", "sh", "-c", "echo ready; read _"], { stdin: "pipe" });
  await child.stdout.getReader().read();
  const namespaceFd = openSync(`/proc/${child.pid}/ns/net`, "r");
  const hostName = hostLinkName(attach(world.network, { number: 2, namespaceFd }).endpointId);
  closeSync(namespaceFd);
  expect(world.routes.findLink({ name: hostName })).toBeDefined();

  child.stdin.end();
  await child.exited;

  await waitUntil(
    "the link is gone",
    () => world.routes.findLink({ name: hostName }) === undefined,
  );
});

test("a link whose namespace something else holds is deleted all the same", async () => {
  using world = makeHost();
  world.ensure();
  const { hostName, endpointId } = world.connect(2);

  world.network.disconnect(endpointId);
  world.network.disconnect("0123456789ab");

  await waitUntil(
    "the link is gone",
    () => world.routes.findLink({ name: hostName }) === undefined,
  );
});

test("removeLinksBut() takes away what no known container has, and nothing else", () => {
  using world = makeHost();
  world.ensure();
  const gone = world.connect(2).hostName;
  const kept = world.connect(3);
  world.host.exec("ip", "link", "add", "theirs", "type", "veth", "peer", "name", "theirs1");
  world.host.exec("ip", "link", "set", "theirs", "master", "sampan0");

  const lost = "f".repeat(64);
  const found = world.networking.removeLinksBut([lost, kept.endpointId]);

  expect(found).toEqual({ missing: new Set([lost]), deleted: 1 });
  expect(world.routes.findLink({ name: gone })).toBeUndefined();
  expect(world.routes.findLink({ name: kept.hostName })).toBeDefined();
  expect(world.routes.findLink({ name: "theirs" })).toBeDefined();
});

test("remove() leaves nothing behind, and may be repeated", () => {
  using world = makeHost();
  const links = world.ip("link").length;
  world.ensure();

  world.network.remove();
  world.network.remove();
  world.networking.firewall.remove();

  expect(world.ip("link")).toHaveLength(links);
  expect(world.rules()).toBe("");
});

test("remove() refuses while a link is on the bridge", () => {
  using world = makeHost();
  world.ensure();
  const { hostName, container } = world.connect(2);

  expect(() => world.network.remove()).toThrow(
    `Cannot remove the bridge "sampan0": ${hostName} is on it`,
  );
  expect(container.exec("ping", "-c1", "-W10", "10.1.0.1")).toContain("1 received");
});

test("an IPv6 network has its address and a link-local one at once, without a probe", () => {
  using world = makeHost({
    ...SETTINGS,
    addresses: ["10.1.0.1/16", "fd00:9::1/64"],
    rules: { ...SETTINGS.rules, subnets: ["10.1.0.0/16", "fd00:9::/64"] },
  });
  world.ensure();

  const [bridge] = world.ip("-6", "address", "show", "sampan0");
  expect(bridge.addr_info).toContainEqual(
    expect.objectContaining({ local: "fd00:9::1", prefixlen: 64, nodad: true }),
  );
});

test("a bridge keeps its address of IPv6, however that is spelled", () => {
  using world = makeHost({ ...SETTINGS, addresses: ["10.1.0.1/16", "FD00:9:0::0:1/64"] });
  world.ensure();

  world.ensure();

  const [bridge] = world.ip("-6", "address", "show", "sampan0");
  expect(bridge.addr_info).toContainEqual(expect.objectContaining({ local: "fd00:9::1" }));
});

test("two networks have a bridge each, and one table", () => {
  using world = makeHost();
  const settings = {
    ...SETTINGS,
    bridge: "sampan1",
    addresses: ["10.2.0.1/16"],
    rules: { ...SETTINGS.rules, subnets: ["10.2.0.0/16"] },
  };
  const other = new BridgeNetwork(world.networking, settings);
  world.ensure();
  world.host.run(() => other.ensure());

  expect(world.rules().match(/^table/gm)).toHaveLength(1);
  expect(world.rules()).toContain('elements = { "sampan0",');
  expect(world.rules()).toContain('"sampan1" }');
});

test("a bridge that is there with another address is not changed", () => {
  using world = makeHost();
  world.host.exec("ip", "link", "add", "sampan0", "type", "bridge");
  world.host.exec("ip", "address", "add", "10.2.0.1/16", "dev", "sampan0");

  expect(world.ensure).toThrow(
    'Cannot set up the bridge "sampan0": it is there with the address 10.2.0.1/16, ' +
      "and 10.1.0.1/16 is wanted; delete it when no container is on it",
  );
});

test.each([
  ["a link that is no bridge", "lo", "there is a link of that name that is no bridge"],
  ["a name that is too long", "a-name-of-16-chr", "rtnetlink"],
  ["a name with a slash", "a/b", "rtnetlink"],
  ["an empty name", "", "rtnetlink"],
])("ensure() refuses %s", (_, bridge, message) => {
  using world = makeHost({ ...SETTINGS, bridge });

  expect(world.ensure).toThrow(message);
  expect(world.rules()).toBe("");
});
