import { expect, test } from "bun:test";
import { startApi } from "../../../test/support/api.ts";

const VOLUME = {
  CreatedAt: "2026-01-02T03:04:05Z",
  Driver: "local",
  Labels: { a: "b" },
  Mountpoint: "/v/one",
  Name: "one",
  Options: { type: "tmpfs" },
  Scope: "local",
};

test("a volume is shown with Docker's fields, by all that show one", async () => {
  await using api = await startApi();
  const body = { Name: "one", Labels: { a: "b" }, DriverOpts: { type: "tmpfs" }, Driver: "local" };
  const created = await api.ask("POST", "/volumes/create", body);
  expect([created.status, created.json]).toEqual([201, VOLUME]);
  expect((await api.ask("GET", "/v1.30/volumes/one")).json).toEqual(VOLUME);
  expect((await api.ask("GET", "/volumes")).json).toEqual({ Volumes: [VOLUME], Warnings: null });
});

test("a body that is none, or asks for a swarm's volume, is refused", async () => {
  await using api = await startApi();
  const empty = await api.ask("POST", "/volumes/create");
  expect([empty.status, empty.json]).toEqual([
    400,
    { message: "got EOF while reading request body" },
  ]);
  const cluster = await api.ask("POST", "/volumes/create", { Name: "c", ClusterVolumeSpec: {} });
  expect(cluster.status).toBe(503);
  expect((await api.ask("POST", "/volumes/create", { Name: 5 })).status).toBe(400);
});

test("force, filters and paths come from the query", async () => {
  await using api = await startApi();
  const { volumes } = api.engine;
  await api.ask("POST", "/volumes/create", { Name: "one" });
  const filters = encodeURIComponent(JSON.stringify({ label: { x: true } }));
  await api.ask("GET", `/volumes?filters=${filters}`);
  await api.ask("POST", `/volumes/prune?filters=${filters}`);
  const pruned = await api.ask("POST", "/v1.41/volumes/prune");
  expect(pruned.json).toEqual({ VolumesDeleted: ["gone"], SpaceReclaimed: 5 });
  expect((await api.ask("GET", "/volumes/one/export?path=a/b")).text).toBe("archive of a/b in one");
  expect((await api.ask("POST", "/volumes/one/import?path=c", "bytes")).status).toBe(204);
  expect((await api.ask("DELETE", "/volumes/one?force=1")).status).toBe(204);
  expect(volumes.calls).toEqual([
    ["list", { label: ["x"] }],
    ["prune", { label: ["x"] }],
    ["prune", { all: ["true"] }],
    ["import", "one", "c", "bytes"],
    ["remove", "one", { force: true }],
  ]);
});
