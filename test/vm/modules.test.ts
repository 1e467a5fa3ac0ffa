import { expect, test } from "bun:test";
import { canonicalName, orderModules, parseDependencies } from "./modules.ts";

const module = (modinfo: string) =>
  Buffer.from(`\x7fELF\0\xff\0license=GPL\0${modinfo}\0retpoline=Y\0`);

test.each([
  ["depends=a", ["a"]],
  ["depends=nf_tables,nf-nat", ["nf_tables", "nf-nat"]],
  ["depends=", []],
  ["softdepends=x", []],
])("parseDependencies() reads %p", (modinfo, wanted) => {
  expect(parseDependencies(module(modinfo))).toEqual(wanted);
});

test.each([
  ["nf-nat", "nf_nat"],
  ["ext4.ko", "ext4"],
  ["nft_masq.ko.xz", "nft_masq"],
])("canonicalName(%p) is %p", (name, wanted) => {
  expect(canonicalName(name)).toBe(wanted);
});

test("orderModules() puts each module after all that it depends on, and once", async () => {
  const graph: Record<string, readonly string[]> = { a: ["b", "c-x"], b: ["c_x"], d: ["a"] };

  const order = await orderModules(["a", "d", "b"], async (name) => graph[name] ?? []);

  expect(order).toEqual(["c_x", "b", "a", "d"]);
});
