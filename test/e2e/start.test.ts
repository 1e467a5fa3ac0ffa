import { expect } from "bun:test";
import { join } from "node:path";
import { expectNothingLeft, takeSnapshot } from "../support/leftovers.ts";
import { runProgram } from "../support/run-program.ts";
import { testIf } from "../support/test-if.ts";

const test = testIf(process.getuid?.() === 0 && Bun.which("node") !== null, "not root, or no Node");

const ROOT = join(import.meta.dir, "../..");

// What temporary-daemon.mjs makes its folders as.
const HOME = { dataRoot: "/var/tmp/sampan-", execRoot: "/run/sampan-", links: /^smp\d{1,7}$/ };

test("npm start runs a container that tells what it sees, and leaves nothing", async () => {
  const before = await takeSnapshot(HOME);

  const { status, stdout, stderr } = await runProgram(["node", "scripts/start.mjs"], { cwd: ROOT });

  expect(stderr).not.toContain("Cannot");
  expect(status).toBe(0);
  expect(stdout).toContain("PID 1, the first one in here");
  expect(stdout).toMatch(/uid 0 in here is uid \d{5,} on the host/);
  expect(stdout).toContain("root         overlay, rw");
  expect(stdout).toMatch(/addresses {4}lo 127\.0\.0\.1 eth0 \d+\./);
  expect(stdout).toContain("14: chown");
  expect(stdout).toContain("filters system calls");
  await expectNothingLeft(before, HOME);
});

test("npm start -- passes a command on, with its exit code", async () => {
  const start = ["node", "scripts/start.mjs"];
  const help = await runProgram([...start, "run", "--help"], { cwd: ROOT });
  const typo = await runProgram([...start, "rnu"], { cwd: ROOT });

  expect(help.stdout).toContain("--rm");
  expect(help.status).toBe(0);
  expect(typo.stderr).toContain("rnu");
  expect(typo.status).not.toBe(0);
});
