import { expect } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";
import { ensureClients, runClient, testWithNode as test } from "../support/other-clients.ts";

test("what programs do with dockerode works", async () => {
  await ensureClients();
  using network = new NetworkNamespace();
  network.exec("ip", "link", "set", "lo", "up");
  await using daemon = await TestDaemon.startIn(network);
  const command = ["node", "--test", "--test-reporter=tap", "dockerode.mjs"];
  const { status, stdout, stderr } = await runClient(command, { daemon, network });
  // The whole report is what a failure needs.
  expect(status === 0 ? "" : stdout + stderr).toBe("");
  expect(stdout).toMatch(/^# fail 0$/m);
});
