import { expect, test } from "bun:test";
import { join, plainNetwork } from "../../../test/support/plain-network.ts";
import type { Filters } from "../filters.ts";
import { compileNetworkFilters, compilePruneFilters } from "./network-filters.ts";

const used = plainNetwork("used-net", { id: "abc".padEnd(64, "0"), labels: { a: "1", b: "" } });
join(used, "web");
const idle = plainNetwork("idle", {
  driver: "macvlan",
  createdAt: "2026-02-02T00:00:00.000000000Z",
});
const bridge = plainNetwork("bridge", { isPredefined: true });
const all = [used, idle, bridge];

test.each<[Filters, readonly string[]]>([
  [{}, ["used-net", "idle", "bridge"]],
  [{ name: ["net"] }, ["used-net"]],
  [{ name: ["^idle$", "brid"] }, ["idle", "bridge"]],
  [{ name: ["["] }, []],
  [{ id: ["abc"] }, ["used-net"]],
  [{ driver: ["macvlan"] }, ["idle"]],
  [{ driver: ["macv"] }, []],
  [{ label: ["a"] }, ["used-net"]],
  [{ label: ["a=1", "b"] }, ["used-net"]],
  [{ label: ["a=1", "c"] }, []],
  [{ label: ["b=x"] }, []],
  [{ label: ["constructor"] }, []],
  [{ scope: ["local"] }, ["used-net", "idle", "bridge"]],
  [{ scope: ["swarm"] }, []],
  [{ type: ["custom"] }, ["used-net", "idle"]],
  [{ type: ["builtin"] }, ["bridge"]],
  [{ type: ["builtin"], name: ["idle"] }, []],
  [{ dangling: ["true"] }, ["idle"]],
  [{ dangling: ["0"] }, ["used-net", "bridge"]],
])("a list by %j has %j", (filters, names) => {
  expect(all.filter(compileNetworkFilters(filters)).map(({ name }) => name)).toEqual([...names]);
});

test.each<[Filters, string]>([
  [{ nope: ["x"] }, "invalid filter 'nope'"],
  [{ toString: ["x"] }, "invalid filter 'toString'"],
  [{ type: ["x"] }, "invalid filter: 'type'='x'"],
  [{ dangling: ["x"] }, "invalid filter 'dangling=[x]'"],
])("a list by %j is refused", (filters, text) => {
  expect(() => compileNetworkFilters(filters)).toThrow(text);
});

test.each<[Filters, readonly string[]]>([
  [{}, ["used-net", "idle", "bridge"]],
  [{ label: ["a=1"] }, ["used-net"]],
  [{ "label!": ["a=1"] }, ["idle", "bridge"]],
  [{ until: ["2026-01-15T00:00:00Z"] }, ["used-net", "bridge"]],
  [{ until: ["2026-01-15T00:00:00Z"], label: ["b"] }, ["used-net"]],
])("a prune by %j means %j", (filters, names) => {
  expect(all.filter(compilePruneFilters(filters)).map(({ name }) => name)).toEqual([...names]);
});

test.each<Filters>([{ name: ["x"] }, { until: ["x"] }, { until: ["1h", "2h"] }])(
  "a prune by %j is refused",
  (filters) => {
    expect(() => compilePruneFilters(filters)).toThrow();
  },
);
