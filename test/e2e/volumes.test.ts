// Volumes by the API: how they come, are found, are in use, and go.

import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { testIf } from "../support/test-if.ts";

const isRoot = process.getuid?.() === 0;
const test = testIf(isRoot, "not root");

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const volumePath = (name: string) => `${daemon.dataRoot}/volumes/${name}/_data`;
const filtered = (filters: object) => `filters=${encodeURIComponent(JSON.stringify(filters))}`;
const create = (body: object) => user.ask("POST", "/volumes/create", body);

async function names(filters: object): Promise<readonly string[]> {
  const { Volumes } = await user.json("GET", `/volumes?${filtered(filters)}`);
  return Volumes.map(({ Name }: { Name: string }) => Name).sort();
}

test("a volume is shown as Docker shows it, and made only once", async () => {
  const made = await user.json("POST", "/volumes/create", { Name: "one", Labels: { a: "b" } });
  expect(made).toEqual({
    CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    Driver: "local",
    Labels: { a: "b" },
    Mountpoint: volumePath("one"),
    Name: "one",
    Options: null,
    Scope: "local",
  });
  expect(existsSync(volumePath("one"))).toBe(true);
  // As in Docker, whatever else is asked of it.
  const again = { Name: "one", Labels: { a: "c" }, DriverOpts: { type: "tmpfs", device: "tmpfs" } };
  expect(await user.json("POST", "/volumes/create", again)).toEqual(made);
  expect(await user.json("GET", "/volumes/one")).toEqual(made);
  expect(await user.json("GET", "/volumes")).toMatchObject({ Volumes: [made], Warnings: null });
  expect((await user.ask("DELETE", "/volumes/one")).status).toBe(204);
  expect(existsSync(volumePath("one"))).toBe(false);
});

test("errors are Docker's", async () => {
  const cases: readonly (readonly [object, number, string])[] = [
    [{ Name: "x" }, 400, "create x: volume name is too short, names should be at least two"],
    [{ Name: "a/b" }, 400, 'create a/b: "a/b" includes invalid characters for a local volume'],
    [
      { Name: "xx", Driver: "foo" },
      404,
      'create xx: error looking up volume plugin foo: plugin "f',
    ],
    [{ Name: "xx", DriverOpts: { foo: "1" } }, 400, 'create xx: invalid option: "foo"'],
    [{ Name: "xx", DriverOpts: { type: "t" } }, 400, 'create xx: missing required option: "device'],
    [{ Name: "xx", DriverOpts: { o: "ro" } }, 400, 'create xx: missing required option: "device"'],
    [{ Name: "xx", DriverOpts: { size: "abc" } }, 400, "create xx: invalid size: 'abc'"],
    [{ Name: "xx", DriverOpts: { size: "1m" } }, 400, "create xx: quota size requested but no quo"],
  ];
  for (const [body, status, message] of cases) {
    const answer = await create(body);
    expect([answer.status, answer.message]).toEqual([status, expect.stringContaining(message)]);
  }
  expect(await names({})).toEqual([]);
  for (const [method, path, status, message] of [
    ["GET", "/volumes/none", 404, "get none: no such volume"],
    ["DELETE", "/volumes/none", 404, "get none: no such volume"],
    ["DELETE", "/volumes/none?force=1", 204, ""],
    ["PUT", "/volumes/none?version=1", 503, "volume update only valid for cluster volumes"],
    ["GET", `/volumes?${filtered({ foo: ["x"] })}`, 400, "invalid filter 'foo'"],
    ["GET", `/volumes?${filtered({ dangling: ["x"] })}`, 400, "invalid filter 'dangling=[x]'"],
    ["POST", `/volumes/prune?${filtered({ name: ["x"] })}`, 400, "invalid filter 'name'"],
  ] as const) {
    const answer = await user.ask(method, path);
    expect([answer.status, answer.message]).toEqual([status, expect.stringContaining(message)]);
  }
});

test("lists are narrowed by name, label, driver and whether a container has them", async () => {
  for (const [Name, Labels] of [
    ["web-data", { app: "web", tier: "one" }],
    ["web-logs", { app: "web" }],
    ["db", { app: "db" }],
  ] as const) {
    await user.json("POST", "/volumes/create", { Name, Labels });
  }
  const id = await user.create("true", { HostConfig: { Binds: ["db:/db"] } });
  expect(await names({ name: ["web"] })).toEqual(["web-data", "web-logs"]);
  expect(await names({ name: ["^db$", "logs"] })).toEqual(["db", "web-logs"]);
  expect(await names({ label: ["app=web", "tier"] })).toEqual(["web-data"]);
  expect(await names({ label: { "app=db": true } })).toEqual(["db"]);
  expect(await names({ driver: ["local"] })).toEqual(["db", "web-data", "web-logs"]);
  expect(await names({ driver: ["loc"] })).toEqual([]);
  expect(await names({ dangling: ["true"] })).toEqual(["web-data", "web-logs"]);
  expect(await names({ dangling: ["0"] })).toEqual(["db"]);

  // By a container that never ran, too.
  const refused = await user.ask("DELETE", "/volumes/db?force=1");
  expect([refused.status, refused.message]).toEqual([409, `remove db: volume is in use - [${id}]`]);
  await user.remove(id);
  for (const name of ["db", "web-data", "web-logs"]) await user.json("DELETE", `/volumes/${name}`);
});

test("prune takes what has no name of its own, or all, and tells the bytes", async () => {
  const { Name: anonymous } = await user.json("POST", "/volumes/create", {});
  expect(await user.json("GET", `/volumes/${anonymous}`)).toMatchObject({
    Labels: { "com.docker.volume.anonymous": "" },
  });
  writeFileSync(`${volumePath(anonymous)}/file`, Buffer.alloc(12_345));
  for (const [Name, more] of [
    ["named", {}],
    ["kept", { Labels: { keep: "1" } }],
    ["used", {}],
    ["set-up", { DriverOpts: { type: "tmpfs", device: "tmpfs" } }],
  ] as const) {
    await user.json("POST", "/volumes/create", { Name, ...more });
  }
  const id = await user.create("true", { HostConfig: { Binds: ["used:/u"] } });
  expect(await user.json("POST", "/volumes/prune")).toEqual({
    VolumesDeleted: [anonymous],
    SpaceReclaimed: 12_345,
  });
  const all = filtered({ all: ["true"], "label!": ["keep"] });
  expect(await user.json("POST", `/volumes/prune?${all}`)).toMatchObject({
    VolumesDeleted: ["named"],
  });
  expect(await user.json("POST", "/v1.41/volumes/prune")).toMatchObject({
    VolumesDeleted: ["kept"],
  });
  await user.remove(id);
  expect(await names({})).toEqual(["set-up", "used"]);
  for (const name of ["set-up", "used"]) await user.json("DELETE", `/volumes/${name}`);
  expect(readdirSync(`${daemon.dataRoot}/volumes`)).toEqual([]);
});

test("an anonymous volume goes with the last container that has it, where that is asked for", async () => {
  const anonymous = async (id: string): Promise<string> => (await user.inspect(id)).Mounts[0].Name;
  const first = await user.create("echo from the first > /data/file", { Volumes: { "/data": {} } });
  const volume = await anonymous(first);
  await user.json("POST", `/containers/${first}/start`);
  await user.wait(first);

  const from = { HostConfig: { VolumesFrom: [`${first}:ro`] } };
  const second = await user.create("cat /data/file; touch /data/x 2>/dev/null || exit 9", from);
  expect((await user.inspect(second)).Mounts).toMatchObject([
    { Type: "volume", Name: volume, Destination: "/data", RW: false, Mode: "" },
  ]);
  await user.json("POST", `/containers/${second}/start`);
  expect(await user.wait(second)).toBe(9);
  await user.json("DELETE", `/containers/${first}?v=1`);
  expect(await names({})).toEqual([volume]);
  await user.json("DELETE", `/containers/${second}?v=1`);
  expect(await names({})).toEqual([]);

  const kept = await user.create("true", { Volumes: { "/data": {} } });
  const keptVolume = await anonymous(kept);
  await user.json("DELETE", `/containers/${kept}`);
  expect(await names({ dangling: ["1"] })).toEqual([keptVolume]);
  await user.json("DELETE", `/volumes/${keptVolume}`);
  const { status } = await daemon.sampan(["run", "--rm", "-v", "/data", "busybox", "true"]);
  expect([status, await names({})]).toEqual([0, []]);
});

test("volumes of another container give way to those that are asked for, and may be binds", async () => {
  const Binds = ["shared:/data", "/usr:/host:ro"];
  const donor = await user.create("true", { HostConfig: { Binds } });
  const config = { HostConfig: { VolumesFrom: [donor], Binds: ["own:/data"] } };
  const id = await user.create("true", config);
  const { Mounts } = await user.inspect(id);
  const shown = Mounts.map(({ Name, Source, Destination, RW }: Record<string, unknown>) => [
    Name ?? Source,
    Destination,
    RW,
  ]);
  expect(shown.sort()).toEqual([
    ["/usr", "/host", false],
    ["own", "/data", true],
  ]);
  for (const one of [id, donor]) await user.remove(one);
  const none = { Image: "busybox", HostConfig: { VolumesFrom: ["nobody"] } };
  expect(await user.ask("POST", "/containers/create", none)).toMatchObject({
    status: 404,
    message: "No such container: nobody",
  });
  await user.json("POST", `/volumes/prune?${filtered({ all: ["1"] })}`);
});

test("what happens to volumes is told", async () => {
  const since = Date.now() / 1000;
  const id = await user.create("true", { HostConfig: { Binds: ["told:/t:ro"] } });
  await user.json("POST", `/containers/${id}/start`);
  await user.wait(id);
  await user.remove(id);
  await user.json("DELETE", "/volumes/told");
  await user.json("POST", "/volumes/prune");
  // The daemon's clock counts nanoseconds: a little later than now is surely after all of it.
  const until = Date.now() / 1000 + 0.1;
  const query = `since=${since}&until=${until}&${filtered({ type: ["volume"] })}`;
  const { text } = await user.ask("GET", `/events?${query}`);
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const mounted = { destination: "/t", propagation: "", "read/write": "false" };
  // What the tests before have done may be of the same moment.
  const own = events.slice(events.findIndex(({ Actor }) => Actor.ID === "told"));
  expect(own.map(({ Action, Actor }) => [Action, Actor.ID, Actor.Attributes])).toEqual([
    ["create", "told", { driver: "local" }],
    ["mount", "told", { driver: "local", container: id, ...mounted }],
    ["unmount", "told", { driver: "local", container: id }],
    ["destroy", "told", { driver: "local" }],
    ["prune", "", { reclaimed: "0" }],
  ]);
});

test("what somebody has mounted in a volume is not removed with it", async () => {
  await user.json("POST", "/volumes/create", { Name: "covered" });
  const inside = `${volumePath("covered")}/inside`;
  mkdirSync(inside);
  await mustRun(["mount", "-t", "tmpfs", "none", inside]);
  try {
    writeFileSync(`${inside}/file`, Buffer.alloc(8_000_000));
    const { SampanUsage } = await user.json("GET", "/system/df?type=volume");
    expect(SampanUsage.Volumes).toBeLessThan(1_000_000);
    const refused = await user.ask("DELETE", "/volumes/covered");
    expect([refused.status, refused.message]).toEqual([
      409,
      `Cannot remove volume "covered": something is mounted on "${inside}"; unmount it first`,
    ]);
    expect(existsSync(`${inside}/file`)).toBe(true);
  } finally {
    await mustRun(["umount", inside]);
  }
  await user.json("DELETE", "/volumes/covered");
});

test("volumes that are made, used, removed and pruned at the same time stay whole", async () => {
  const rounds = Array.from({ length: 24 }, (_, index) => index);
  const outcomes = await Promise.all(
    rounds.map(async (index) => {
      const volume = `race-${index % 3}`;
      if (index % 4 === 2) return await user.ask("DELETE", `/volumes/${volume}`);
      if (index % 4 === 3)
        return await user.ask("POST", `/volumes/prune?${filtered({ all: ["1"] })}`);
      const body = { Image: "busybox", Cmd: ["true"], HostConfig: { Binds: [`${volume}:/etc`] } };
      return await user.ask("POST", "/containers/create", body);
    }),
  );
  expect(outcomes.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
  const containers = await user.json("GET", "/containers/json?all=1");
  for (const { Id } of containers) {
    const [{ Name, Source }] = (await user.inspect(Id)).Mounts;
    expect((await user.ask("GET", `/volumes/${Name}`)).status).toBe(200);
    expect(readdirSync(Source)).toContain("passwd");
    await user.remove(Id);
  }
  await user.json("POST", `/volumes/prune?${filtered({ all: ["1"] })}`);
  expect(readdirSync(`${daemon.dataRoot}/volumes`)).toEqual([]);
});
