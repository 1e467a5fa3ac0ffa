import { describe, expect, test } from "bun:test";
import type { Filters } from "../filters.ts";
import { ANONYMOUS_LABEL, type VolumeView } from "../volume-facade.ts";
import { compileVolumeFilters, compileVolumePruneFilters } from "./volume-filters.ts";

function volume(name: string, labels: Readonly<Record<string, string>> = {}): VolumeView {
  return { name, labels, createdAt: "", mountpoint: "", options: {} };
}

const ALL = [
  volume("web", { app: "web", tier: "1" }),
  volume("web-2", { app: "web" }),
  volume("db"),
  volume("0a1b", { [ANONYMOUS_LABEL]: "" }),
];

describe("a list", () => {
  test.each<[Filters, readonly string[]]>([
    [{}, ["web", "web-2", "db", "0a1b"]],
    [{ name: ["web"] }, ["web", "web-2"]],
    [{ name: ["^web$", "b"] }, ["web", "web-2", "db", "0a1b"]],
    [{ name: ["("] }, []],
    [{ label: ["app"] }, ["web", "web-2"]],
    [{ label: ["app=web", "tier=1"] }, ["web"]],
    [{ driver: ["local"] }, ["web", "web-2", "db", "0a1b"]],
    [{ driver: ["nfs"] }, []],
    [{ dangling: ["1"] }, ["web", "web-2", "0a1b"]],
    [{ dangling: ["false"], name: ["b"] }, ["db"]],
    [{ dangling: [] }, ["web", "web-2", "db", "0a1b"]],
  ])("with %p", (filters, names) => {
    const isWanted = compileVolumeFilters(filters, ({ name }) => name === "db");
    expect(ALL.filter(isWanted).map(({ name }) => name)).toEqual([...names]);
  });
});

describe("a prune", () => {
  test.each<[Filters, readonly string[]]>([
    [{}, ["0a1b"]],
    [{ all: ["false"] }, ["0a1b"]],
    [{ all: ["true"] }, ["web", "web-2", "db", "0a1b"]],
    [{ all: ["1"], "label!": ["app"] }, ["db", "0a1b"]],
    [{ label: ["app"] }, []],
    [{ all: ["t"], label: ["app=web", "tier"] }, ["web"]],
  ])("with %p", (filters, names) => {
    const isWanted = compileVolumePruneFilters(filters);
    expect(ALL.filter(isWanted).map(({ name }) => name)).toEqual([...names]);
  });
});

test.each<[Filters, string]>([
  [{ dangling: ["x"] }, "invalid filter 'dangling=[x]'"],
  [{ dangling: ["1", "0"] }, "invalid filter 'dangling=[1 0]'"],
  [{ colour: ["red"] }, "invalid filter 'colour'"],
  [{ toString: ["x"] }, "invalid filter 'toString'"],
])("%p is no filter", (filters, message) => {
  expect(() => compileVolumeFilters(filters, () => false)).toThrow(message);
});

test("all= says yes or no once", () => {
  expect(() => compileVolumePruneFilters({ all: ["x"] })).toThrow("invalid filter 'all=[x]'");
});
