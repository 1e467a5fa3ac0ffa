// A daemon that leaves nothing behind: roots, socket and bridge of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupError } from "./program.mjs";
import { SAMPAN } from "./project.mjs";

const READY_MS = 10_000;
const POLL_MS = 20;

/** Starts a daemon; `stop()` ends it and removes all that it had. */
export async function startTemporaryDaemon() {
  // Not under /tmp, which is a tmpfs on many hosts: layers there cannot be idmapped before Linux 6.3.
  const dataRoot = mkdtempSync("/var/tmp/sampan-");
  const execRoot = mkdtempSync("/run/sampan-");
  const socket = join(execRoot, "sampan.sock");
  const log = join(execRoot, "daemon.log");
  const output = openSync(log, "w");
  const args = [
    "daemon",
    ...["--data-root", dataRoot, "--exec-root", execRoot, "--host", `unix://${socket}`],
    ...["--bridge", `smp${process.pid}`],
  ];
  // A session of its own: a Ctrl-C is for the container, and the daemon must outlive it.
  const daemon = spawn(SAMPAN, args, { stdio: ["ignore", output, output], detached: true });
  const exited = once(daemon, "exit");
  const stop = async () => {
    if (daemon.exitCode === null) daemon.kill("SIGTERM");
    await exited;
    for (const folder of [dataRoot, execRoot]) rmSync(folder, { recursive: true, force: true });
  };

  if (!(await waitUntilAnswering(socket, daemon))) {
    const said = readFileSync(log, "utf8").trim();
    await stop();
    throw new SetupError(`Cannot start a daemon: ${said || "it did not answer in time"}`);
  }
  return { socket, stop };
}

/** Whether something accepts connections at a unix socket. */
export function isAnswering(socket) {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on("connect", () => connection.end(() => resolve(true)));
    connection.on("error", () => resolve(false));
  });
}

async function waitUntilAnswering(socket, daemon) {
  const end = Date.now() + READY_MS;
  while (daemon.exitCode === null && Date.now() < end) {
    if (await isAnswering(socket)) return true;
    await sleep(POLL_MS);
  }
  return false;
}
