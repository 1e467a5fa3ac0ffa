// `sampan explain`: the plan of a container, before and after it is carried out.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

describe("explain run", () => {
  test("tells the steps and which option asked for each, and makes nothing", async () => {
    const options = ["--hostname", "box", "--memory", "64m", "--read-only", "--tmpfs", "/t"];
    const { status, stdout } = await daemon.sampan([
      "explain",
      "run",
      ...options,
      "busybox",
      "true",
    ]);
    expect(status).toBe(0);
    for (const option of [
      "--hostname",
      "memory.limit_in_bytes=67108864|memory.max=67108864",
      "--read-only",
      "--tmpfs",
    ]) {
      expect(stdout).toMatch(new RegExp(option));
    }
    expect(stdout).not.toContain("Seen while it ran");
    expect((await daemon.sampan(["ps", "-aq"])).stdout).toBe("");
  });

  test("--format json is the same as data", async () => {
    const args = ["explain", "--format", "json", "run", "-v", "/etc:/e:ro", "busybox", "true"];
    const plan = JSON.parse((await daemon.sampan(args)).stdout);
    expect(JSON.stringify(plan)).toContain("/e");
  });

  test("volumes are told of, and not made", async () => {
    const mount = "type=volume,src=fast,dst=/f,volume-opt=type=tmpfs,volume-opt=device=tmpfs";
    const image = "type=image,src=busybox,dst=/i";
    const options = ["-v", "plain:/p", "--mount", mount, "--mount", image, "-v", "/anonymous"];
    const { status, stdout } = await daemon.sampan([
      "explain",
      "run",
      ...options,
      "busybox",
      "true",
    ]);
    expect(status).toBe(0);
    for (const step of [
      `mount ${daemon.dataRoot}/volumes/plain/_data on /p`,
      `mount ${daemon.dataRoot}/volumes/fast/_data on /f`,
      "mount image busybox on /i",
    ]) {
      expect(stdout).toContain(step);
    }
    expect(stdout).toMatch(/volumes\/[0-9a-f]{64}\/_data on \/anonymous/);
    expect((await daemon.sampan(["volume", "ls", "-q"])).stdout).toBe("");
  });

  test("--analyze runs it, and adds times, process ids and namespaces", async () => {
    const args = ["explain", "--analyze", "run", "--rm", "busybox", "true"];
    const { status, stdout } = await daemon.sampan(args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/\d(\.\d+)? ?(ms|µs)/);
    for (const namespace of ["mnt", "pid", "net", "uts", "ipc", "user"]) {
      expect(stdout).toMatch(new RegExp(`${namespace}.*\\d{10}`));
    }
    expect((await daemon.sampan(["ps", "-aq"])).stdout).toBe("");
  });

  test("an option that cannot be done is refused as by run", async () => {
    const args = ["explain", "run", "--runtime", "kata", "busybox", "true"];
    const { status, stderr } = await daemon.sampan(args);
    expect([status === 0, stderr.includes("HostConfig.Runtime")]).toEqual([false, true]);
  });

  test("an unknown image is named", async () => {
    const { status, stderr } = await daemon.sampan(["explain", "run", "nosuch", "true"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("nosuch");
  });
});

test("explain CONTAINER tells how one was made", async () => {
  const id = (await daemon.sampan(["run", "-d", "-h", "box", "busybox", "true"])).stdout.trim();
  await daemon.sampan(["wait", id]);
  const { status, stdout } = await daemon.sampan(["explain", id]);
  expect(status).toBe(0);
  expect(stdout).toContain("--hostname");
  await daemon.sampan(["rm", id]);
});
