import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { attach, makeHost, SETTINGS } from "../../test/support/bridge-world.ts";
import { BridgeNetwork } from "./bridge-network.ts";
import { hostLinkIndex } from "./container-link.ts";
import { formatSubnet } from "./ipv4-subnet.ts";

const LIMIT_MS = 5000;

test("ensure() makes the bridge, its address, forwarding and the rules", () => {
  using world = makeHost();

  world.ensure();

  const [bridge] = world.ip("address", "show", "sampan0");
  expect(bridge).toMatchObject({ mtu: 1500, address: "02:42:0a:01:00:01" });
  expect(bridge.flags).toContain("UP");
  expect(bridge.addr_info[0]).toMatchObject({ local: "10.1.0.1", prefixlen: 16 });
  expect(world.host.exec("sysctl", "-n", "net.ipv4.ip_forward").trim()).toBe("1");
  expect(world.rules()).toMatch(
    /ip saddr 10\.1\.0\.0\/16 oifname != "sampan0" counter +masquerade/,
  );
});

test("ensure() again changes nothing, also by another daemon", () => {
  using world = makeHost();
  world.ensure();
  const before = [world.rules(), world.ip("address")];

  world.ensure();
  using later = world.host.run(() => new BridgeNetwork({ bridge: "sampan0", mtu: 1500 }));
  world.host.run(() => later.ensure());

  expect([world.rules(), world.ip("address")]).toEqual(before);
  expect(later.address.gateway).toBe("10.1.0.1");
});

test("ensure() and remove() leave the rules of others alone", () => {
  using world = makeHost();
  world.host.exec("nft", "add table ip filter; add chain ip filter x; add rule ip filter x drop");
  const before = world.rules();

  world.ensure();
  expect(world.rules()).toStartWith(before);

  world.host.run(() => world.network.remove());
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
  world.host.exec("nft", "add chain ip sampan-sampan0 published");

  world.ensure();

  expect(world.rules()).toContain("chain published");
});

test("a bridge that someone deleted comes back at its address with the next container", () => {
  using world = makeHost({ bridge: "sampan0", mtu: 1500 });
  world.ensure();
  const { gateway } = world.network.address;
  world.host.exec("ip", "link", "delete", "sampan0");
  world.host.exec("ip", "route", "add", "blackhole", "172.18.0.0/16");

  world.host.run(() => world.connect(2));

  expect(world.network.address.gateway).toBe(gateway);
  expect(world.ip("address", "show", "sampan0")[0].addr_info[0].local).toBe(gateway);
});

test("a container that starts again gets its link although the last one is still there", () => {
  using world = makeHost();
  world.ensure();
  const { hostName } = world.connect(2);
  world.network.detach(hostName);

  const { container } = world.connect(2);

  expect(container.exec("ping", "-c1", "-W2", "10.1.0.1")).toContain("1 received");
});

test("an index that something else has is no hindrance", () => {
  using world = makeHost();
  world.ensure();
  const index = String(hostLinkIndex("2f0000"));
  world.host.exec("ip", "link", "add", "taken", "index", index, "type", "bridge");

  const { hostName } = world.connect(2);

  expect(world.routes.findLink({ name: hostName })?.index).not.toBe(Number(index));
});

test("attach() says which container's network failed, and leaves no link", () => {
  using world = makeHost();
  world.ensure();
  const links = world.routes.listLinks().length;

  expect(() => attach(world.network, { number: 2, namespaceFd: 9999 })).toThrow(
    /^Cannot connect the container to "sampan0": rtnetlink create veth smp2f0{10}.*: E/,
  );
  expect(world.routes.listLinks()).toHaveLength(links);
});

test("before ensure() the network has no address, and says so", () => {
  using world = makeHost();

  expect(() => world.network.address).toThrow('The bridge "sampan0" is not set up');
});

test("a link goes with its container's namespace", async () => {
  using world = makeHost();
  world.ensure();
  const child = Bun.spawn(["unshare", "-n", "sh", "-c", "echo ready; read _"], { stdin: "pipe" });
  await child.stdout.getReader().read();
  const namespaceFd = openSync(`/proc/${child.pid}/ns/net`, "r");
  const { hostName } = attach(world.network, { number: 2, namespaceFd });
  closeSync(namespaceFd);
  expect(world.routes.findLink({ name: hostName })).toBeDefined();

  child.stdin.end();
  await child.exited;

  await until(() => world.routes.findLink({ name: hostName }) === undefined);
});

test("a link whose namespace something else holds is deleted all the same", async () => {
  using world = makeHost();
  world.ensure();
  const { hostName } = world.connect(2);

  world.network.detach(hostName);
  world.network.detach("smp0123456789ab");

  await until(() => world.routes.findLink({ name: hostName }) === undefined);
});

test("detachAllBut() takes away what no known container has, and nothing else", async () => {
  using world = makeHost();
  world.ensure();
  const gone = world.connect(2).hostName;
  world.host.exec("ip", "link", "add", "theirs", "type", "veth", "peer", "name", "theirs1");
  world.host.exec("ip", "link", "set", "theirs", "master", "sampan0");

  world.network.detachAllBut(new Set(["smpffffffffffff"]));

  await until(() => world.routes.findLink({ name: gone }) === undefined);
  expect(world.routes.findLink({ name: "theirs" })).toBeDefined();
});

test("remove() leaves nothing behind, and may be repeated", () => {
  using world = makeHost();
  const links = world.ip("link").length;
  world.ensure();

  world.network.remove();
  world.network.remove();

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
  expect(container.exec("ping", "-c1", "-W2", "10.1.0.1")).toContain("1 received");
});

test("a wanted subnet that the host uses is refused, and nothing is left behind", () => {
  using world = makeHost();
  world.host.exec("ip", "route", "add", "blackhole", "10.0.0.0/8");

  expect(world.ensure).toThrow(
    'Cannot set up the bridge "sampan0": Cannot use 10.1.0.0/16 for the bridge: ' +
      "it overlaps the route 10.0.0.0/8 of this host; give another one with --bip",
  );
  expect(world.routes.findLink({ name: "sampan0" })).toBeUndefined();
  expect(world.rules()).toBe("");
});

test("without a wanted subnet the bridge takes one that is free", () => {
  using world = makeHost({ bridge: "sampan0", mtu: 1500 });
  world.host.exec("ip", "route", "add", "blackhole", "172.17.3.0/24");

  world.ensure();

  expect(formatSubnet(world.network.address.subnet)).toBe("172.18.0.0/16");
});

test("two daemons have a bridge and a table each", () => {
  using world = makeHost({ bridge: "sampan0", mtu: 1500 });
  using other = world.host.run(() => new BridgeNetwork({ bridge: "sampan1", mtu: 1500 }));
  world.ensure();
  world.host.run(() => other.ensure());

  expect(other.address.gateway).not.toBe(world.network.address.gateway);
  expect(world.rules()).toContain("table ip sampan-sampan0 {");
  expect(world.rules()).toContain("table ip sampan-sampan1 {");
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

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!holds()) {
    if (Date.now() > end) throw new Error("what was waited for did not come");
    await Bun.sleep(5);
  }
}
