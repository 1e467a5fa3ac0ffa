// What an image has where a new volume goes is copied into it: while other work goes on, and wholly or not at all.

import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { makeTar, tarDirectory, tarFile } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const FILES = 2000;
const MANY = { Image: "many", Cmd: ["true"], HostConfig: { Binds: ["filled:/many"] } };

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.start();
  user = new ApiUser(daemon);
  const files = Array.from({ length: FILES }, (_, i) => tarFile({ name: `many/${i}` }, "x"));
  const archive = await makeTar([tarDirectory("many/"), ...files]);
  await user.ask("POST", "/images/create?fromSrc=-&repo=many", archive);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const volumePath = (name: string) => `${daemon.dataRoot}/volumes/${name}/_data`;
const ALL = `filters=${encodeURIComponent(JSON.stringify({ all: ["1"] }))}`;

function listFiles(name: string): readonly string[] {
  return existsSync(volumePath(name)) ? readdirSync(volumePath(name)) : [];
}

/** Kills the daemon while it fills a volume that `prepare` has made, and starts it again. */
async function dieWhileFilling(prepare: () => Promise<unknown>, meanwhile = async () => {}) {
  for (;;) {
    await prepare();
    const making = user.ask("POST", "/containers/create", MANY).catch(() => undefined);
    while (listFiles("filled").length === 0) await Bun.sleep(1);
    await meanwhile();
    await daemon.kill();
    const wasAnswered = (await making) !== undefined;
    const isHalf = listFiles("filled").length < FILES;
    await daemon.startAgain();
    if (isHalf && !wasAnswered) return;
    // It was quicker than we were.
    for (const { Id } of await user.json("GET", "/containers/json?all=1")) await user.remove(Id);
    await user.json("DELETE", "/volumes/filled");
  }
}

test("others are served meanwhile, and do not take the volume away", async () => {
  let isMade = false;
  const making = user.json("POST", "/containers/create", MANY).finally(() => {
    isMade = true;
  });
  let answers = 0;
  while (!isMade) {
    const { VolumesDeleted } = await user.json("POST", `/volumes/prune?${ALL}`);
    expect(VolumesDeleted ?? []).toEqual([]);
    expect([404, 409]).toContain((await user.ask("DELETE", "/volumes/filled")).status);
    answers += 1;
  }
  const { Id } = await making;
  expect(answers).toBeGreaterThan(3);
  expect(listFiles("filled").length).toBe(FILES);
  await user.remove(Id);
  await user.json("DELETE", "/volumes/filled");
});

test("a daemon that dies meanwhile leaves neither the container nor half a copy", async () => {
  const volume = { Name: "filled", Labels: { mine: "yes" } };
  await dieWhileFilling(() => user.json("POST", "/volumes/create", volume));

  expect(await user.json("GET", "/containers/json?all=1")).toEqual([]);
  expect((await user.json("GET", "/volumes/filled")).Labels).toEqual({ mine: "yes" });
  expect(listFiles("filled")).toEqual([]);
  const { Id } = await user.json("POST", "/containers/create", MANY);
  expect(listFiles("filled").length).toBe(FILES);
  await user.remove(Id);
  await user.json("DELETE", "/volumes/filled");
});

test("what a container has written into a volume stays, whoever was filling it", async () => {
  const writer = { ...MANY, HostConfig: { Binds: ["filled:/elsewhere"] } };
  await dieWhileFilling(
    () => user.json("POST", "/containers/create", writer),
    async () => void (await Bun.write(`${volumePath("filled")}/written`, "by hand")),
  );

  expect(listFiles("filled")).toContain("written");
  expect(readdirSync(`${daemon.dataRoot}/volumes/filled`)).toEqual(["_data"]);
  for (const { Id } of await user.json("GET", "/containers/json?all=1")) await user.remove(Id);
  await user.json("DELETE", "/volumes/filled");
});

test("a full disk leaves a volume as empty as it was", async () => {
  using disk = await SmallDisk.mount(24);
  await using small = await TestDaemon.start("--data-root", disk.path);
  const other = new ApiUser(small);
  const files = [tarFile({ name: "d/a" }, "x"), tarFile({ name: "d/b" }, "y".repeat(7_000_000))];
  const archive = await makeTar([tarDirectory("d/"), ...files]);
  await other.json("POST", "/images/create?fromSrc=-&repo=big", archive);
  await other.json("POST", "/volumes/create", { Name: "small" });
  await Bun.write(`${disk.path}/filler`, new Uint8Array(10_000_000));
  const body = { Image: "big", Cmd: ["true"], HostConfig: { Binds: ["small:/d"] } };
  const { status, message } = await other.ask("POST", "/containers/create", body);
  expect([status, message]).toEqual([500, expect.stringContaining("no space left")]);
  expect(readdirSync(`${disk.path}/volumes/small`)).toEqual(["_data"]);
  expect(readdirSync(`${disk.path}/volumes/small/_data`)).toEqual([]);
  expect((await other.ask("GET", "/volumes/small")).status).toBe(200);
});
