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
  await user.json("POST", "/volumes/create", { Name: "filled", Labels: { mine: "yes" } });
  const making = user.ask("POST", "/containers/create", MANY).catch(() => undefined);
  while (listFiles("filled").length === 0) await Bun.sleep(1);
  await daemon.kill();
  expect(await making).toBeUndefined();
  expect(listFiles("filled").length).toBeLessThan(FILES);
  await daemon.startAgain();

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
  const { Id } = await user.json("POST", "/containers/create", writer);
  const making = user.ask("POST", "/containers/create", MANY).catch(() => undefined);
  while (listFiles("filled").length === 0) await Bun.sleep(1);
  await Bun.write(`${volumePath("filled")}/written`, "by hand");
  await daemon.kill();
  await making;
  await daemon.startAgain();

  expect(listFiles("filled")).toContain("written");
  expect(readdirSync(`${daemon.dataRoot}/volumes/filled`)).toEqual(["_data"]);
  await user.remove(Id);
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
