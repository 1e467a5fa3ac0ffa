// Data roots that a daemon cannot work in: it says so in one line, and works when that is mended.

import { expect } from "bun:test";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun, runProgram } from "../support/run-program.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const SAMPAN = join(import.meta.dir, "../../bin/sampan");

/** What a daemon says that does not come to serving. */
async function startInVain(dataRoot: string): Promise<string> {
  using execRoot = new TemporaryDirectory();
  const roots = ["--data-root", dataRoot, "--exec-root", execRoot.path];
  const { status, stderr } = await runProgram([SAMPAN, "daemon", ...roots]);
  expect(status).toBe(1);
  return stderr;
}

const LINE = /^sampan daemon: Cannot [^\n]+\n$/;

for (const name of ["ext4", "tmpfs"] as const) {
  test(`a read-only data root on ${name}, empty or not`, async () => {
    using disk = await SmallDisk.mount(24, name);
    await mustRun(["mount", "-o", "remount,ro", disk.path]);
    expect(await startInVain(disk.path)).toMatch(LINE);
    expect(await startInVain(disk.path)).toContain("read-only file system");
    await mustRun(["mount", "-o", "remount,rw", disk.path]);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    await daemon.stop();
    await mustRun(["mount", "-o", "remount,ro", disk.path]);
    expect(await startInVain(disk.path)).toMatch(LINE);
    await mustRun(["mount", "-o", "remount,rw", disk.path]);
    await daemon.startAgain();
    expect((await daemon.sampan(["run", "--rm", "busybox", "echo", "on"])).stdout).toBe("on\n");
  });

  test(`a full data root on ${name}, empty or not`, async () => {
    using disk = await SmallDisk.mount(24, name);
    disk.fill();
    expect(await startInVain(disk.path)).toMatch(
      /^sampan daemon: .*no space left on device[^\n]*\n$/,
    );
    disk.empty();
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    await daemon.stop();
    disk.fill();
    expect(await startInVain(disk.path)).toMatch(
      /^sampan daemon: .*no space left on device[^\n]*\n$/,
    );
    disk.empty();
    await daemon.startAgain();
    expect((await daemon.sampan(["run", "--rm", "busybox", "echo", "on"])).stdout).toBe("on\n");
  });
}

test("a data root whose path is too long for a database", async () => {
  expect(await startInVain(`/var/tmp/${"x/".repeat(250)}`)).toMatch(
    /^sampan daemon: .*480 are the most\n$/,
  );
});
