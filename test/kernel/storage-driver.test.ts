// Root file systems where there is no overlay, and what a daemon says of how it makes them.

import { expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { OverlayDisk } from "../support/overlay-disk.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { testAsRoot as test, testIf } from "../support/test-if.ts";

const SCRIPT = `set -e
echo new > /new; chown 1000:1000 /new; rm /bin/rev; echo more >> /etc/passwd
stat -c '%u %g' /new /bin/busybox; tail -n 1 /etc/passwd; ls /bin/rev /etc/hosts 2> /dev/null`;

test("a data root on an overlay has containers that are copies", async () => {
  await using disk = await OverlayDisk.mount();
  await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
  const user = new ApiUser(daemon);
  const info = await user.json("GET", "/info");
  expect(info.Driver).toBe("vfs");
  expect(JSON.stringify(info.DriverStatus)).toContain("overlayfs");
  expect(await daemon.readLog()).toContain('Storage driver "copy" on overlayfs');
  for (const userns of ["private", "host"]) {
    const args = ["run", "--name", userns, "--userns", userns, "busybox", "sh", "-c", SCRIPT];
    const { stdout, stderr } = await daemon.sampan(args);
    expect([userns, stdout, stderr]).toEqual([userns, "1000 1000\n0 0\nmore\n/etc/hosts\n", ""]);
    expect((await user.inspect(userns)).GraphDriver.Name).toBe("vfs");
  }
});

const withoutFtype = await SmallDisk.findMissing("xfs without ftype");
testIf(withoutFtype === undefined, withoutFtype ?? "")(
  "xfs without ftype has copies, and the log says why",
  async () => {
    using disk = await SmallDisk.mount(300, "xfs without ftype");
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    expect(await daemon.readLog()).toContain("ftype=1");
    const run = await daemon.sampan(["run", "--rm", "busybox", "sh", "-c", "rm /bin/rev; ls /bin"]);
    expect(run.stdout).not.toContain("rev");
  },
);
