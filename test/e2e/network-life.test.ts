// Networks and ports while the daemon goes and comes, and events of all that happens.

import { describe, expect } from "bun:test";
import { NetworkUser, serve } from "../support/network-user.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const SERVE = serve("box", 80);

/** A host on which one network has two containers, one of them with ports. */
async function makeUser(): Promise<NetworkUser & { one: string; two: string }> {
  const user = await NetworkUser.start();
  await user.createSubnet("net", "10.1.0.0/24");
  await user.createSubnet("other", "10.2.0.0/24");
  const PortBindings = { "80/tcp": [{ HostPort: "8080" }, { HostPort: "" }] };
  const host = { PortBindings };
  const one = await user.runBox({ name: "one", network: "net", host, line: SERVE });
  const two = await user.runBox({ name: "two", network: "net" });
  return Object.assign(user, { one, two });
}

async function answers(user: NetworkUser, port: number | string): Promise<boolean> {
  return (await user.askHttp("127.0.0.1", port)) === "box";
}

/** What the host has of networks: links, tables and their elements. */
function worldOf(user: NetworkUser): readonly string[] {
  const links = user.host.exec("ip", "-o", "link").replaceAll(/^\d+: (\S+):.*$/gm, "$1");
  const rules = user.host.exec("nft", "list", "ruleset").replaceAll(/packets \d+ bytes \d+/g, "");
  // Elements stand in no order, and the relay of each daemon has a port of its own.
  return `${links}\n${rules.replaceAll(/redirect to :\d+/g, "")}`
    .split(/[\n,]/)
    .map((line) => line.trim())
    .sort();
}

async function expectAllWorks(user: NetworkUser, { one, two }: { one: string; two: string }) {
  const found = "nslookup one 127.0.0.11 | tail -n +3";
  expect(await user.shell(two, found)).toContain("10.1.0.2");
  expect(await user.shell(two, "ping -c 1 -W 10 one >/dev/null; echo $?")).toBe("0");
  const ports = (await user.inspect(one)).NetworkSettings.Ports["80/tcp"];
  expect(ports.length).toBe(4);
  for (const { HostPort } of ports) {
    await waitUntil(`port ${HostPort} answers`, () => answers(user, HostPort));
  }
}

describe("with containers that run", () => {
  for (const ending of ["stop", "kill"] as const) {
    test(`networks, names and ports go on after a ${ending} of the daemon, and nothing is doubled`, async () => {
      await using user = await makeUser();
      await expectAllWorks(user, user);
      const before = worldOf(user);
      const shown = [await user.inspect(user.one), await user.network("net")];
      await user.daemon[ending]();
      expect(user.host.exec("ip", "-o", "link")).toContain("br-");
      await user.daemon.startAgain();
      await expectAllWorks(user, user);
      expect(worldOf(user)).toEqual(before);
      expect([await user.inspect(user.one), await user.network("net")]).toEqual(shown);

      await user.connect("other", user.two);
      expect(await user.shell(user.two, "ip -o -4 addr")).toContain("10.2.0.2/24");
      await user.disconnect("net", user.two);
      const third = await user.runBox({ name: "three", network: "net" });
      const { IPAddress } = (await user.inspect(third)).NetworkSettings.Networks.net;
      expect(IPAddress).not.toBe("10.1.0.2");
      const update = { PublishRemove: { "80/tcp": [] } };
      expect((await user.ask("POST", "/containers/one/update", update)).status).toBe(200);
      expect(await answers(user, 8080)).toBe(false);
    });
  }

  test("one that ends while no daemon is there gives back its place and its ports", async () => {
    await using user = await makeUser();
    const { Pid } = (await user.inspect(user.one)).State;
    await user.daemon.kill();
    process.kill(Pid, "SIGKILL");
    await user.daemon.startAgain();
    await waitUntil("its end is known", async () => !(await user.inspect(user.one)).State.Running);
    expect(Object.keys((await user.network("net")).Containers)).toEqual([user.two]);
    expect(user.host.exec("nft", "list", "ruleset")).not.toMatch(/ 8080 :/);
    const links = () => user.host.exec("ip", "-o", "link").match(/smp[0-9a-f]{12}/g)?.length;
    await waitUntil("its link is gone", () => links() === 1);
    await user.start(user.one);
    await waitUntil("port 8080 answers", () => answers(user, 8080));
  });

  test("what was done half when the daemon was killed is undone before it answers", async () => {
    await using user = await makeUser();
    await expectAllWorks(user, user);
    const pids = await Promise.all(
      [user.one, user.two].map(async (box) => String((await user.inspect(box)).State.Pid)),
    );
    const [one = "", two = ""] = pids;
    const within = (pid: string, ...args: readonly string[]) =>
      user.host.exec("nsenter", "-t", pid, "-n", "ip", ...args);
    const addresses = () => pids.map((pid) => within(pid, "-o", "-4", "addr").match(/inet \S+/g));
    const routeOf = (pid: string) => within(pid, "route", "show", "default");
    const before = [...addresses(), routeOf(one)];
    const { Id } = await user.network("net");
    const bridge = `br-${Id.slice(0, 12)}`;
    await user.daemon.kill();
    // One is being connected, and its packets go that way already.
    const half = "smp000000000001";
    user.host.exec("ip", "link", "add", half, "type", "veth", "peer", "name", "eth7");
    user.host.exec("ip", "link", "set", half, "master", bridge, "up");
    user.host.exec("ip", "link", "set", "eth7", "netns", one);
    within(one, "addr", "add", "10.1.0.77/24", "dev", "eth7");
    within(one, "link", "set", "eth7", "up");
    within(one, "route", "replace", "default", "via", "10.1.0.1", "dev", "eth7");
    // The other is being disconnected.
    within(two, "link", "delete", "eth0");

    await user.daemon.startAgain();

    expect(user.host.exec("ip", "-o", "link")).not.toContain(half);
    expect([...addresses(), routeOf(one)]).toEqual(before);
    await expectAllWorks(user, user);
  });

  test("a port that another program took meanwhile is lost alone", async () => {
    await using user = await makeUser();
    const before = (await user.portsOf(user.one))["80/tcp"];
    await user.daemon.kill();
    using foreign = user.host.run(() =>
      Bun.listen({ hostname: "0.0.0.0", port: 8080, socket: { data: () => {} } }),
    );
    await user.daemon.startAgain();
    expect(await user.daemon.readLog()).toContain("8080");
    const ports = (await user.portsOf(user.one))["80/tcp"];
    expect(ports).toEqual(before?.slice(2) ?? []);
    expect(await answers(user, ports?.[0]?.split(":")[1] ?? "")).toBe(true);
    expect(await user.shell(user.two, "nslookup one 127.0.0.11 | tail -n +3")).toContain(
      "10.1.0.2",
    );
    foreign.stop(true);
    // That a port of it was lost does not keep it from being stopped and started again.
    await user.stop(user.one);
    await user.start(user.one);
    await waitUntil("port 8080 answers", () => answers(user, 8080));
  });

  test("what somebody flushed is there again within a moment", async () => {
    await using user = await makeUser();
    await expectAllWorks(user, user);
    const before = worldOf(user);
    user.host.exec("nft", "flush", "ruleset");
    await waitUntil("the table is back", () => Bun.deepEquals(worldOf(user), before));
    await expectAllWorks(user, user);
  });
});

test("networks that were made are there after a restart, and bridges only while a daemon runs", async () => {
  await using user = await NetworkUser.start();
  const id = await user.createSubnet("kept", "10.1.0.0/24", { Labels: { a: "b" } });
  const shown = await user.network("kept");
  await user.daemon.stop();
  expect(user.host.exec("ip", "-o", "link").trim().split("\n").length).toBe(1);
  expect(user.host.exec("nft", "list", "tables")).toBe("");
  await user.daemon.startAgain();
  expect(await user.network("kept")).toEqual(shown);
  expect(user.host.exec("ip", "-o", "addr", "show", `br-${id.slice(0, 12)}`)).toContain(
    "10.1.0.1/24",
  );
});

test("a bridge with somebody else's link on it is left to them, and the rest goes", async () => {
  await using user = await NetworkUser.start();
  const id = await user.createSubnet("shared", "10.1.0.0/24");
  const bridge = `br-${id.slice(0, 12)}`;
  user.host.exec(..."ip link add theirs type veth peer name far".split(" "));
  user.host.exec("ip", "link", "set", "theirs", "master", bridge);
  const refused = await user.ask("DELETE", "/networks/shared");
  expect([refused.status, refused.message]).toEqual([409, expect.stringContaining("theirs is on")]);
  expect((await user.json("POST", "/networks/prune")).NetworksDeleted).toEqual([]);
  await user.daemon.stop();
  const links = user.host.exec("ip", "-o", "link");
  expect(links).toContain(bridge);
  expect(links).not.toContain(user.daemon.bridge);
  expect(user.host.exec("nft", "list", "tables")).toBe("");
  user.host.exec("ip", "link", "delete", "theirs");
  await user.daemon.startAgain();
  await user.removeNetwork("shared");
});

test("each change is told by an event, with the network's name and driver", async () => {
  await using user = await NetworkUser.start();
  using stream = await user.open("GET", '/events?filters={"type":["network"]}');
  await stream.head();
  const id = await user.createSubnet("net", "10.1.0.0/24");
  const box = await user.runBox({ network: "net" });
  await user.disconnect("net", box);
  await user.connect("net", box);
  await user.stop(box);
  await user.removeBoxes(box);
  await user.removeNetwork("net");
  await user.createNetwork("more");
  await user.json("POST", "/networks/prune");
  await stream.client.until('"prune"');
  const lines = stream.body.split("\n").filter((line) => line.startsWith("{"));
  const events = lines.map((line) => JSON.parse(line));
  expect(events.map(({ Action }) => Action)).toEqual([
    ...["create", "connect", "disconnect", "connect", "disconnect", "destroy"],
    ...["create", "destroy", "prune"],
  ]);
  expect(events[0].Actor).toEqual({ ID: id, Attributes: { name: "net", type: "bridge" } });
  expect(events[1].Actor).toEqual({
    ID: id,
    Attributes: { container: box, name: "net", type: "bridge" },
  });
});

test("two daemons on one host keep out of each other's way", async () => {
  await using user = await NetworkUser.start();
  await user.runBox({
    host: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
    line: SERVE,
  });
  await using other = await user.beside();
  const [mine, theirs] = [await user.createNetwork("same"), await other.createNetwork("same")];
  const subnetOf = async (who: NetworkUser, name: string) =>
    (await who.network(name)).IPAM.Config[0].Subnet;
  expect(await subnetOf(user, "same")).not.toBe(await subnetOf(other, "same"));
  expect(mine).not.toBe(theirs);
  const wants = { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } };
  const second = await other.box({ host: wants });
  const refused = await other.ask("POST", `/containers/${second}/start`);
  expect([refused.status, refused.message]).toEqual([
    409,
    expect.stringContaining("address already in use"),
  ]);
  const third = await other.runBox({ network: "same" });
  await other.removeBoxes(second, third);
  await other.removeNetwork("same");
  await other.daemon.kill();
  await other.daemon.startAgain();
  await waitUntil("port 8080 answers", () => answers(user, 8080));
  await user.removeNetwork("same");
});
