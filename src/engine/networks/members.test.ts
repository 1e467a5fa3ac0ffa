import { expect, test } from "bun:test";
import { NO_ENDPOINT } from "../containers/record.ts";
import { Members } from "./members.ts";

function member(name: string, names: readonly string[], ...addresses: readonly string[]) {
  const endpoint = {
    ...NO_ENDPOINT,
    names,
    addresses: addresses.map((address) => ({ address, prefixLength: 24, gateway: "" })),
  };
  return { containerId: name, containerName: name, endpoint };
}

test("members are found by container, name in lower case, and address", () => {
  const members = new Members();
  const a = member("a", ["A", "Web"], "10.0.0.2", "fd00::2");
  const b = member("b", ["b", "web", "WEB"], "10.0.0.3");
  members.add(a);
  members.add(b);
  expect(members.findByName("web")).toEqual([a, b]);
  expect(members.findByName("a")).toEqual([a]);
  expect(members.findByName("Web")).toBeUndefined();
  expect(members.findByAddress("fd00::2")).toBe(a);
  expect([...members.byContainer.keys()]).toEqual(["a", "b"]);
});

test("one that is added again is there once, as it is then", () => {
  const members = new Members();
  members.add(member("a", ["old"], "10.0.0.2"));
  const renamed = member("a", ["new"], "10.0.0.9");
  members.add(renamed);
  expect(members.findByName("old")).toBeUndefined();
  expect(members.findByAddress("10.0.0.2")).toBeUndefined();
  expect(members.findByName("new")).toEqual([renamed]);
  expect(members.byContainer.size).toBe(1);
});

test("one that is removed leaves the others, and nothing of its own", () => {
  const members = new Members();
  const b = member("b", ["web"], "10.0.0.3");
  members.add(member("a", ["web", "constructor"], "10.0.0.2"));
  members.add(b);
  members.remove("a");
  members.remove("a");
  members.remove("nobody");
  expect(members.findByName("web")).toEqual([b]);
  expect(members.findByName("constructor")).toBeUndefined();
  expect(members.findByAddress("10.0.0.2")).toBeUndefined();
});
