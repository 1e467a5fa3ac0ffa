import { expect } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { DepartingLinks } from "./departing-links.ts";

/** A host with these links, each with both its ends. */
function makeHost(...names: readonly string[]) {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  for (const name of names) {
    host.exec("ip", "link", "add", "name", name, "type", "veth", "peer", "name", `p-${name}`);
  }
  const routes = undo.use(host.run(() => new RouteSocket()));
  const departing = undo.use(new DepartingLinks(routes));
  const list = () => host.exec("ip", "-o", "link").match(/\b(?<!-)(one|two)(?=@)/g) ?? [];
  return { departing, list, [Symbol.dispose]: () => undo.dispose() };
}

test("links that outlive their containers are deleted a moment later", async () => {
  using host = makeHost("one", "two");
  host.departing.add("one");
  host.departing.add("gone");
  expect(host.departing.has("one")).toBe(true);
  expect(host.list()).toEqual(["one", "two"]);
  await waitUntil("the link is deleted", () => host.list().length === 1);
  expect(host.list()).toEqual(["two"]);
  expect(host.departing.has("one")).toBe(false);
});

test("one whose name is in use again stays", async () => {
  using host = makeHost("one", "two");
  host.departing.add("one");
  host.departing.add("two");
  host.departing.forget("one");
  await waitUntil("the other is deleted", () => host.list().length === 1);
  expect(host.list()).toEqual(["one"]);
});

test("what is there still goes with the daemon", () => {
  using host = makeHost("one", "two");
  host.departing.add("two");
  host.departing[Symbol.dispose]();
  expect(host.list()).toEqual(["one"]);
});
