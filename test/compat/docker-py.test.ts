import { expect } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";
import { CLIENT_LIMIT_MS, runClient } from "../support/other-clients.ts";
import { testIf } from "../support/test-if.ts";

// Debian's own: another Python that comes first in the path may have no such package.
const PYTHON = "/usr/bin/python3";

const isHere =
  process.getuid?.() === 0 &&
  Bun.spawnSync([PYTHON, "-c", "import docker"], { stderr: "ignore" }).success;
const test = testIf(isHere, "no python3-docker, or not root", CLIENT_LIMIT_MS);

test("what programs do with docker-py works", async () => {
  using network = new NetworkNamespace();
  network.exec("ip", "link", "set", "lo", "up");
  await using daemon = await TestDaemon.startIn(network);
  const command = [PYTHON, "-W", "ignore", "docker_py.py"];
  const { status, stdout, stderr } = await runClient(command, { daemon, network });
  // The whole report is what a failure needs.
  expect(status === 0 ? "" : stdout + stderr).toBe("");
  expect(stderr).toMatch(/^Ran [1-9]\d* tests in .*\n\nOK$/m);
});
