import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { hasDocker, TestDaemon } from "../support/daemon.ts";
import { testIf } from "../support/test-if.ts";

const isRoot = process.getuid?.() === 0;
const test = testIf(isRoot, "not root");

let daemon: TestDaemon;
let user: ApiUser;
let id: string;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
  const line =
    "head -c 3000000 /dev/zero > /big; head -c 500000 /dev/zero > /v/in; " +
    "dd of=/hole if=/dev/zero bs=1 count=1 seek=1073741823; i=0; while [ $i -lt 20000 ]; do echo a line of the log; i=$((i+1)); done";
  id = await user.run(line, { HostConfig: { Binds: ["vol:/v"] } });
  await user.wait(id);
  mkdirSync(join(daemon.dataRoot, "blobs/partial"), { recursive: true });
  writeFileSync(join(daemon.dataRoot, "blobs/partial", "a".repeat(64)), Buffer.alloc(700_000, 1));
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

test("the parts of SampanUsage come to what du says of the data root", async () => {
  const { SampanUsage } = await user.json("GET", "/system/df");
  const sum = Object.values<number>(SampanUsage).reduce((total, bytes) => total + bytes, 0);
  const du = Number.parseInt(await Bun.$`du -s --block-size=1 ${daemon.dataRoot}`.text(), 10);
  expect(Math.abs(sum - du)).toBeLessThan(0.02 * du);
  expect(SampanUsage.Partial).toBeGreaterThan(700_000);
  expect(SampanUsage.Logs).toBeGreaterThan(1_000_000);
  expect(SampanUsage.Volumes).toBeGreaterThan(500_000);
  expect(SampanUsage.Recipes).toBeGreaterThan(0);
  expect(SampanUsage.Database).toBeGreaterThan(0);
});

test("a container's files, its log, its volume and its image are told with Docker's sizes", async () => {
  const { Containers, Volumes, Images, LayersSize, BuildCache } = await user.json(
    "GET",
    "/v1.51/system/df",
  );
  const [container] = Containers;
  // As Docker, which counts the lengths of files, holes too.
  expect(container.SizeRw).toBe(3_000_000 + 2 ** 30);
  expect(container.SizeRootFs).toBe(container.SizeRw + LayersSize);
  expect(container.SizeLog).toBeGreaterThan(20_000 * 60);
  expect(Volumes).toMatchObject([
    { Name: "vol", Labels: null, Options: null, UsageData: { RefCount: 1, Size: 500_000 } },
  ]);
  expect(Images).toMatchObject([{ Containers: 1, SharedSize: 0, Size: LayersSize }]);
  expect(BuildCache).toEqual([]);
});

test("type= chooses the lists, from 1.42 on", async () => {
  const some = await user.json("GET", "/v1.51/system/df?type=volume&type=build-cache");
  expect(some).toMatchObject({ Images: null, Containers: null, BuildCache: [], LayersSize: 0 });
  expect(some.Volumes).toHaveLength(1);
  const old = await user.json("GET", "/v1.41/system/df?type=volume");
  expect(old.Containers).toHaveLength(1);
  expect(old.BuilderSize).toBe(0);
  const { status, message } = await user.ask("GET", "/system/df?type=pod");
  expect([status, message]).toEqual([400, "unknown object type: pod"]);
});

test("an image shares what others have too", async () => {
  await daemon.importBusybox("other");
  const { Images, LayersSize } = await user.json("GET", "/system/df?type=image");
  const list = await user.json("GET", "/images/json?shared-size=1");
  for (const images of [Images, list]) {
    expect(images).toHaveLength(2);
    for (const image of images) expect(image.SharedSize).toBe(LayersSize);
  }
  expect(await user.json("GET", "/images/json")).toMatchObject([
    { SharedSize: -1 },
    { SharedSize: -1 },
  ]);
  await user.json("DELETE", "/images/other");
});

testIf(isRoot && hasDocker, "not root, or no docker")(
  "docker and sampan show it, sampan the logs and the whole too",
  async () => {
    for (const args of [
      ["system", "df"],
      ["system", "df", "-v"],
    ]) {
      const { status, stdout } = await daemon.docker(args);
      expect([status, /1\.0(77|8)GB/.test(stdout)]).toEqual([0, true]);
    }
    const { stdout } = await daemon.sampan(["system", "df", "-v"]);
    expect(stdout).toContain("Logs space usage:");
    expect(stdout).toMatch(/Data root: \S+ on the disk/);
    expect(stdout).toMatch(/Database +\S+B/);
  },
);
