import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { NftablesSocket } from "../linux/nftables.ts";
import { DockerUserChain } from "./docker-user.ts";

// What dockerd makes where it turns forwarding on.
const DOCKER = `
  table ip filter {
    chain DOCKER-USER { counter return; }
    chain FORWARD { type filter hook forward priority filter; policy drop; jump DOCKER-USER; }
  }`;

function makeWorld() {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const socket = undo.use(host.run(() => new NftablesSocket()));
  const chain = () =>
    host.exec("nft", "-s", "list", "chain", "ip", "filter", "DOCKER-USER").match(/^\t\t.*/gm) ?? [];
  return { host, socket, chain, [Symbol.dispose]: () => undo.dispose() };
}

test("bridges pass by the chain that dockerd has for that, before what else is in it", () => {
  using world = makeWorld();
  world.host.exec("nft", DOCKER);
  const ours = new DockerUserChain(world.socket, "sampan0");
  ours.ensure(["sampan0", "br-1"]);
  const first = world.chain();
  ours.ensure(["sampan0", "br-1"]);

  expect(world.chain()).toEqual(first);
  expect(first.map((line) => line.trim()).sort()).toEqual([
    "counter return",
    'iifname "br-1" counter accept comment "sampan sampan0: br-1 iifname"',
    'iifname "sampan0" counter accept comment "sampan sampan0: sampan0 iifname"',
    'oifname "br-1" counter accept comment "sampan sampan0: br-1 oifname"',
    'oifname "sampan0" counter accept comment "sampan sampan0: sampan0 oifname"',
  ]);
  expect(first.at(-1)).toContain("return");
});

test("iptables still takes the chain for its own", () => {
  using world = makeWorld();
  world.host.exec("iptables", "-N", "DOCKER-USER");
  new DockerUserChain(world.socket, "sampan0").ensure(["sampan0"]);

  const listed = world.host.exec("iptables", "-S", "DOCKER-USER");
  expect(listed).toContain(
    `-A DOCKER-USER -i sampan0 -m comment --comment "sampan sampan0: sampan0 iifname" -j ACCEPT`,
  );
  expect(listed).toContain(
    `-A DOCKER-USER -o sampan0 -m comment --comment "sampan sampan0: sampan0 oifname" -j ACCEPT`,
  );
});

test("a bridge that is gone, and all of them at the end, leave the chain; others' rules stay", () => {
  using world = makeWorld();
  world.host.exec("nft", DOCKER);
  const before = world.chain();
  const ours = new DockerUserChain(world.socket, "sampan0");
  const theirs = new DockerUserChain(world.socket, "other0");
  ours.ensure(["sampan0", "br-1"]);
  theirs.ensure(["other0"]);

  ours.ensure(["sampan0"]);
  expect(world.chain().filter((line) => line.includes("br-1"))).toEqual([]);
  ours.ensure([]);
  expect(world.chain().filter((line) => line.includes("other0"))).toHaveLength(2);
  theirs.ensure([]);
  expect(world.chain()).toEqual(before);
});

test("without dockerd nothing is made", () => {
  using world = makeWorld();
  new DockerUserChain(world.socket, "sampan0").ensure(["sampan0"]);

  expect(world.host.exec("nft", "list", "ruleset")).toBe("");
});
