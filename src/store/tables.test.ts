import type { Database } from "bun:sqlite";
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { type ContainerRow, ContainerTable } from "./containers.ts";
import { openDatabase } from "./database.ts";
import { IdRangeTable } from "./id-ranges.ts";
import { NetworkTable } from "./networks.ts";
import { VolumeTable } from "./volumes.ts";

let db: Database = openDatabase(":memory:");
beforeEach(() => {
  db.close();
  db = openDatabase(":memory:");
});
afterAll(() => db.close());

describe("containers", () => {
  const id = (start: string) => start.padEnd(64, "0");
  const row = (start: string, name: string, createdAt = "2026-01-01T00:00:00Z"): ContainerRow => ({
    id: id(start),
    name,
    imageId: "sha256:i",
    createdAt,
    status: "created",
    document: "{}",
  });

  test.each([
    ["its id", id("abc1")],
    ["its name", "web"],
    ["its name with a slash", "/web"],
    ["a unique prefix of its id", "abc1"],
  ])("find() knows a container by %s", (_what, ref) => {
    const table = new ContainerTable(db);
    table.insert(row("abc1", "web"));
    table.insert(row("abc2", "other"));

    expect(table.find(ref)).toEqual(row("abc1", "web"));
  });

  test("find() prefers a name to the prefix of an id", () => {
    const table = new ContainerTable(db);
    table.insert(row("abc1", "web"));
    table.insert(row("def1", "abc"));

    expect(table.get("abc").name).toBe("abc");
  });

  test.each([
    ["abc", "invalid", "Multiple IDs found with provided prefix: abc"],
    ["nope", "not-found", "No such container: nope"],
    ["abc%", "not-found", "No such container: abc%"],
    ["", "invalid", "No container name or ID supplied"],
  ])("get(%p) fails with %s and Docker's text", (ref, kind, message) => {
    const table = new ContainerTable(db);
    table.insert(row("abc1", "one"));
    table.insert(row("abc2", "two"));

    expect(() => table.get(ref)).toThrow(expect.objectContaining({ kind, message }));
  });

  test("insert() and update() refuse a name in use, with Docker's text", () => {
    const table = new ContainerTable(db);
    table.insert(row("a", "one"));
    table.insert(row("b", "two"));
    const message =
      `Conflict. The container name "/one" is already in use by container "${id("a")}". ` +
      "You have to remove (or rename) that container to be able to reuse that name.";
    const error = expect.objectContaining({ kind: "conflict", message });

    expect(() => table.insert(row("c", "one"))).toThrow(error);
    expect(() => table.update(row("b", "one"))).toThrow(error);
    expect(table.list()).toHaveLength(2);
  });

  test("update() changes all but id and time", () => {
    const table = new ContainerTable(db);
    table.insert(row("a", "one"));
    table.update({ ...row("a", "uno"), status: "running", document: '{"a":1}', createdAt: "x" });

    expect(table.get("uno")).toEqual({
      ...row("a", "uno"),
      status: "running",
      document: '{"a":1}',
    });
  });

  test("update() and remove() fail when the container is gone", () => {
    const table = new ContainerTable(db);
    const error = expect.objectContaining({ kind: "not-found" });

    expect(() => table.update(row("a", "one"))).toThrow(error);
    expect(() => table.remove(id("a"))).toThrow(error);
  });

  test("list() and listByImage() give the newest first", () => {
    const table = new ContainerTable(db);
    table.insert(row("a", "old", "2026-01-01T00:00:00.000000001Z"));
    table.insert(row("b", "new", "2026-01-01T00:00:00.000000002Z"));
    table.insert({ ...row("c", "else", "2026-01-01T00:00:00.000000003Z"), imageId: "sha256:j" });

    expect(table.list().map(({ name }) => name)).toEqual(["else", "new", "old"]);
    expect(table.listByImage("sha256:i").map(({ name }) => name)).toEqual(["new", "old"]);
  });
});

describe("id ranges", () => {
  const UNIT = 65_536;
  const bounds = { first: UNIT, end: 5 * UNIT };

  test("allot() takes the lowest free range", () => {
    const table = new IdRangeTable(db, bounds);
    for (const name of ["a", "b", "c"]) table.allot(name, UNIT);
    table.remove("b");

    expect(table.allot("d", 1).first).toBe(2 * UNIT);
    expect(table.list().map(({ containerId }) => containerId)).toEqual(["a", "d", "c"]);
  });

  test("allot() passes over a hole that is too small", () => {
    const table = new IdRangeTable(db, bounds);
    for (const name of ["a", "b"]) table.allot(name, UNIT);
    table.remove("a");

    expect(table.allot("big", UNIT + 1)).toEqual({
      containerId: "big",
      first: 3 * UNIT,
      count: 2 * UNIT,
    });
  });

  test("allot() says what to do when all ids are in use, and stores nothing", () => {
    const table = new IdRangeTable(db, bounds);
    for (const name of ["a", "b", "c", "d"]) table.allot(name, UNIT);

    expect(() => table.allot("e", UNIT)).toThrow(
      expect.objectContaining({
        kind: "unavailable",
        message: expect.stringMatching(/--id-range/),
      }),
    );
    expect(table.find("e")).toBeUndefined();
  });

  test.each([
    [0, 5 * UNIT],
    [UNIT, UNIT],
    [UNIT + 1, 5 * UNIT],
    [UNIT, 2 ** 32],
  ])("bounds %p to %p are refused", (first, end) => {
    expect(() => new IdRangeTable(db, { first, end })).toThrow(/Invalid --id-range/);
  });
});

describe("networks", () => {
  test("a network comes back as it went in, until it is removed", () => {
    const table = new NetworkTable(db);
    const network = { id: "1", name: "n", document: '{"a":1}' };
    table.insert(network);
    table.insert({ ...network, id: "2", name: "m" });

    expect(table.list().map(({ name }) => name)).toEqual(["m", "n"]);
    expect(() => table.insert({ ...network, id: "3" })).toThrow("UNIQUE");
    table.remove("2");
    table.remove("2");
    expect(table.list()).toEqual([network]);
  });
});

describe("volumes", () => {
  const volume = {
    name: "v",
    labels: { a: "1" },
    options: { size: "1m" },
    createdAt: "t",
    anonymous: true,
    projectId: 7,
  };

  test("a volume comes back as it went in, until it is removed", () => {
    const table = new VolumeTable(db);
    table.insert(volume);
    expect(() => table.insert(volume)).toThrow(expect.objectContaining({ kind: "conflict" }));
    expect(table.list()).toEqual([volume]);
    expect(table.get("v")).toEqual(volume);
    expect([table.hasProject(7), table.hasProject(8)]).toEqual([true, false]);
    table.remove("v");

    expect(() => table.get("v")).toThrow("get v: no such volume");
    expect(() => table.remove("v")).toThrow("get v: no such volume");
  });
});
