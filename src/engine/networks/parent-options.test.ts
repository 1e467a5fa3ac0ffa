import { expect, test } from "bun:test";
import { parseParentOptions } from "./parent-options.ts";

test.each<["macvlan" | "ipvlan", Readonly<Record<string, string>>, number]>([
  ["macvlan", {}, 4],
  ["macvlan", { macvlan_mode: "private" }, 1],
  ["macvlan", { macvlan_mode: "vepa" }, 2],
  ["macvlan", { macvlan_mode: "passthru" }, 8],
  ["ipvlan", {}, 0],
  ["ipvlan", { ipvlan_mode: "l3s" }, 2],
])("parseParentOptions() of %s and %j has the kernel's mode %d", (kind, options, mode) => {
  const parent = { parent: "eth0", "com.docker.network.driver.mtu": "1400" };
  expect(parseParentOptions(kind, { ...parent, ...options })).toEqual({
    kind,
    parent: "eth0",
    mode,
  });
});

test.each<["macvlan" | "ipvlan", Readonly<Record<string, string>>, string]>([
  ["macvlan", {}, "needs a link of the host"],
  ["macvlan", { parent: "" }, "needs a link of the host"],
  [
    "macvlan",
    { parent: "eth0", macvlan_mode: "l2" },
    "want one of private, vepa, bridge, passthru",
  ],
  ["macvlan", { parent: "eth0", macvlan_mode: "toString" }, 'unknown macvlan mode "toString"'],
  ["macvlan", { parent: "eth0", ipvlan_mode: "l2" }, 'has no option "ipvlan_mode"'],
  ["ipvlan", { parent: "eth0", "com.docker.network.bridge.name": "x" }, "has no option"],
])("parseParentOptions() refuses %s with %j", (kind, options, text) => {
  expect(() => parseParentOptions(kind, options)).toThrow(text);
});
