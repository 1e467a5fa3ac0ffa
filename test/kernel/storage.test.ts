// Containers on every kind of file system that a data root may be on.

import { expect } from "bun:test";
import { join } from "node:path";
import { takesIdMap } from "../../src/runtime/bind-mount.ts";
import { UserNamespaceProbe } from "../../src/runtime/user-namespace-probe.ts";
import { TestDaemon } from "../support/daemon.ts";
import { type DiskName, SmallDisk } from "../support/small-disk.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const isRoot = process.getuid?.() === 0;

async function testOn(name: DiskName) {
  const missing = isRoot ? await SmallDisk.findMissing(name) : "not root";
  return testIf(missing === undefined, missing ?? "");
}

/** Writes in ways that go through different parts of an overlay, and shows what is there then. */
const SCRIPT = `set -e
echo new > /new; ln /new /hard; ln -s new /soft; mkfifo /pipe
chown 1000:1000 /new; chmod 4755 /new; echo more >> /etc/passwd
mkdir /d; mv /d /e; touch /e/f; rm -r /tmp; mkdir /tmp; rm /bin/rev
stat -c '%u %g %a %h' /new; cat /soft; tail -n 1 /etc/passwd
echo /e/* /tmp/* /bin/rev*`;
const SHOWN = "1000 1000 4755 2\nnew\nmore\n/e/f /tmp/* /bin/rev*\n";

for (const name of ["ext4", "xfs", "btrfs", "tmpfs"] as const) {
  const test = await testOn(name);
  test(`a data root on ${name} has containers that write and go`, async () => {
    using disk = await SmallDisk.mount(64, name);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const before = disk.listFiles();
    // One file system tells the difference; a virtual machine takes ten seconds for each.
    for (const userns of name === "ext4" ? ["auto", "host"] : ["auto"]) {
      const options = ["--name", "one", "--userns", userns];
      const run = await daemon.sampan(["run", ...options, "busybox", "sh", "-c", SCRIPT]);
      expect([userns, run.stdout, run.status]).toEqual([userns, SHOWN, 0]);
      expect((await daemon.sampan(["rm", "one"])).status).toBe(0);
    }
    const isGone = () => disk.listFiles().join() === before.join();
    await waitUntil("nothing is left of the containers", isGone);
  });
}

const INIT = join(import.meta.dir, "../../build/sampan-init");

async function mapsTmpfs(): Promise<boolean> {
  using disk = await SmallDisk.mount(1, "tmpfs");
  return takesIdMap(disk.path, new UserNamespaceProbe(INIT).namespace());
}

const isMapped = isRoot && (await mapsTmpfs());

testIf(isRoot && isMapped, "this kernel maps no ids on tmpfs")(
  "a tmpfs that can be mapped has containers with user namespaces of their own",
  async () => {
    using disk = await SmallDisk.mount(64, "tmpfs");
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const options = ["--rm", "--userns", "private"];
    const run = await daemon.sampan(["run", ...options, "busybox", "cat", "/proc/self/uid_map"]);
    expect([run.stdout.split(/ +/)[2], run.stderr]).not.toEqual(["0", ""]);
  },
);

testIf(isRoot && !isMapped, "this kernel maps ids on tmpfs")(
  "a tmpfs that cannot be mapped: the host's namespace with a warning, an error under private",
  async () => {
    using disk = await SmallDisk.mount(64, "tmpfs");
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const reason = `the file system of the data root "${disk.path}" takes no id mapping`;
    const warning = `Runs in the host's user namespace: ${reason}`;
    const run = await daemon.sampan(["run", "--name", "one", "busybox", "true"]);
    expect([run.stderr, run.status]).toEqual([`WARNING: ${warning}\n`, 0]);
    const explained = await daemon.sampan(["explain", "run", "busybox", "true"]);
    expect(explained.stdout).toContain(warning);
    const inspected = await daemon.sampan(["inspect", "-f", "{{.HostConfig.UsernsMode}}", "one"]);
    expect(inspected.stdout).toBe("host\n");
    const refused = await daemon.sampan(["run", "--userns", "private", "busybox", "true"]);
    expect([refused.status, refused.stderr]).toEqual([125, expect.stringContaining(reason)]);
  },
);
