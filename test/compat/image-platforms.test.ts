// What Docker's command line asks of images beyond their names: platforms, manifests, and prunes.

import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { hasDocker, TestDaemon } from "../support/daemon.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const canRun = process.getuid?.() === 0 && hasDocker;
const test = testIf(canRun, "not root, or no docker");

const OWN = process.arch === "arm64" ? "linux/arm64" : "linux/amd64";
const WRONG = "was found but does not match the specified platform: wanted linux/s390x, actual: ";

let daemon: TestDaemon;

beforeAll(async () => {
  if (canRun) daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

for (const command of ["inspect", "history", "save"]) {
  test(`docker image ${command} takes the image's own platform, and refuses another`, async () => {
    using directory = new TemporaryDirectory();
    const out = command === "save" ? ["-o", join(directory.path, "out.tar")] : [];
    const ask = (platform: string) =>
      daemon.docker(["image", command, "--platform", platform, ...out, "busybox"]);
    const own = await ask(OWN);
    expect([own.status, own.stderr]).toEqual([0, ""]);
    const other = await ask("linux/s390x");
    expect([other.status, other.stderr.includes(WRONG)]).toEqual([1, true]);
  });
}

test("docker rmi --platform takes away only what is for it", async () => {
  await daemon.docker(["tag", "busybox", "mine"]);
  const other = await daemon.docker(["rmi", "--platform", "linux/s390x", "mine"]);
  expect([other.status, other.stderr.includes(WRONG)]).toEqual([1, true]);
  expect((await daemon.docker(["rmi", "--platform", OWN, "mine"])).stdout).toContain("mine:latest");
});

test("docker save and load bring an image's manifest along, and --tree shows it", async () => {
  using directory = new TemporaryDirectory();
  const archive = join(directory.path, "saved.tar");
  await daemon.docker(["tag", "busybox", "saved"]);
  await daemon.docker(["save", "-o", archive, "saved"]);
  await daemon.docker(["rmi", "saved"]);
  const loaded = await daemon.docker(["load", "--platform", OWN, "-i", archive]);
  expect(loaded.stdout).toContain("Loaded image: saved:latest");
  const tree = await daemon.docker(["image", "ls", "--tree"]);
  expect([tree.status, tree.stdout.includes(OWN)]).toEqual([0, true]);
  await daemon.docker(["rmi", "saved"]);
});

test("docker image prune says what it gave back, and events tell of it", async () => {
  const user = new ApiUser(daemon);
  const since = (Date.now() - 1000) / 1000;
  const { stdout } = await daemon.docker(["image", "prune", "-f"]);
  expect(stdout).toContain("Total reclaimed space: 0B");
  const until = Date.now() / 1000 + 1;
  const filters = encodeURIComponent(JSON.stringify({ event: ["prune"] }));
  const { text } = await user.ask(
    "GET",
    `/events?since=${since}&until=${until}&filters=${filters}`,
  );
  expect(JSON.parse(text)).toMatchObject({
    Type: "image",
    Action: "prune",
    Actor: { Attributes: { reclaimed: "0" } },
  });
});

test("manifests and platform exclude each other", async () => {
  const user = new ApiUser(daemon);
  const platform = encodeURIComponent('{"os":"linux","architecture":"amd64"}');
  const path = `/v1.51/images/busybox/json?manifests=1&platform=${platform}`;
  const { status, message } = await user.ask("GET", path);
  expect([status, message]).toEqual([
    400,
    "conflicting options: manifests and platform options cannot both be set",
  ]);
});
