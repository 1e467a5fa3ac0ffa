// `sampan run` where no daemon runs. The default paths are the test's own: a mount namespace covers the host's.

import { expect } from "bun:test";
import { join } from "node:path";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { runProgram } from "../support/run-program.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const ROOT = join(import.meta.dir, "../..");

// In a network namespace too: the default bridge is then this one's alone. The disk must be able to hold
// an overlay's upper directory; the database and the layers go with the namespace.
const WORLD = `
set -e
mount --make-rprivate /
mount -t tmpfs none /var/lib
mount -t tmpfs none /run
mount -t tmpfs none /var/log
ip link set lo up
cd ${ROOT}
`;

test("run starts a daemon at the default socket and says so; the next run finds it", async () => {
  const archive = await ensureBusyboxArchive();
  const script = `${WORLD}
    stop() { kill "$(cat /run/sampan/sampan.pid)"; while [ -e /run/sampan/sampan.pid ]; do sleep 0.02; done; }
    trap stop EXIT
    bin/sampan import ${archive} busybox
    echo first; bin/sampan run --rm --network none busybox echo one
    echo second; bin/sampan run --rm busybox echo two`;
  const { status, stdout, stderr } = await runProgram([
    ...["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"],
    ...["sh", "-c", script],
  ]);
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^No daemon runs at [^\n]*\n$/)]);
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\nfirst\none\nsecond\ntwo\n$/);
});

test("with a host of one's own none is started", async () => {
  const args = ["--host", "unix:///run/st-nobody/none.sock", "run", "--rm", "busybox", "true"];
  const { status, stderr } = await runProgram([join(ROOT, "bin/sampan"), ...args]);
  expect(status).toBe(125);
  expect(stderr).toContain("Cannot connect to the");
  expect(stderr).toContain("/run/st-nobody/none.sock");
});
