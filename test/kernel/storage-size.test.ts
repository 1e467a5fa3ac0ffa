// `--storage-opt size=…`: how much a container may write to its root file system.

import { describe, expect } from "bun:test";
import { isUnusedProject } from "../../src/linux/project-quota.ts";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { type DiskName, SmallDisk } from "../support/small-disk.ts";
import { testAsRoot, testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const isRoot = process.getuid?.() === 0;

async function testOn(name: DiskName) {
  const missing = isRoot ? await SmallDisk.findMissing(name) : "not root";
  return testIf(missing === undefined, missing ?? "");
}

const write = (megabytes: number) => `dd if=/dev/zero of=/big bs=1M count=${megabytes} && echo all`;

function projectsOf(disk: SmallDisk): readonly number[] {
  const FIRST = 0x5a00_0000;
  const near = Array.from({ length: 4 }, (_, index) => FIRST + index);
  return near.filter((project) => !isUnusedProject(disk.path, project));
}

for (const name of ["ext4 with project quotas", "xfs with project quotas"] as const) {
  const test = await testOn(name);
  describe(name, () => {
    for (const driver of name.startsWith("xfs") ? ["overlay", "copy"] : ["overlay"]) {
      test(`limits a container and no other, with the driver ${driver}`, async () => {
        using disk = await SmallDisk.mount(128, name);
        const args = ["--data-root", disk.path, "--storage-driver", driver];
        await using daemon = await TestDaemon.startWithBusybox(...args);
        const user = new ApiUser(daemon);
        const limited = ["run", "--name", "one", "--storage-opt", "size=16M", "busybox"];
        const run = await daemon.sampan([...limited, "sh", "-c", write(24)]);
        expect(run.stdout).toBe("");
        expect(run.stderr.toLowerCase()).toMatch(/no space left|quota exceeded/);
        expect(projectsOf(disk)).toEqual([0x5a00_0000]);
        const other = await daemon.sampan(["run", "--rm", "busybox", "sh", "-c", write(24)]);
        expect(other.stdout).toBe("all\n");
        const enough = ["run", "--rm", "--storage-opt", "size=40M", "busybox"];
        expect((await daemon.sampan([...enough, "sh", "-c", write(24)])).stdout).toBe("all\n");

        const { SizeRw } = await user.json("GET", "/containers/one/json?size=1");
        expect(SizeRw).toBeGreaterThan(8 << 20);
        expect(SizeRw).toBeLessThanOrEqual(16 << 20);
        await user.remove("one");
        await waitUntil("the projects are free", () => projectsOf(disk).length === 0);
      });
    }
  });
}

testAsRoot("without quotas it is refused, and so are options that mean nothing", async () => {
  using disk = await SmallDisk.mount(64);
  await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
  const create = async (option: string) => {
    const { stderr } = await daemon.sampan(["create", "--storage-opt", option, "busybox"]);
    return stderr;
  };
  expect(await create("size=1g")).toContain(
    "--storage-opt is supported only for overlay over xfs with 'pquota' mount option",
  );
  expect(await create("size=lots")).toContain("invalid size: 'lots'");
  expect(await create("colour=red")).toContain("unknown option colour");
  expect(await create("size=0")).toBe("");
});
