import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestDaemon } from "./daemon.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { mustRun, type Outcome, runProgram } from "./run-program.ts";
import { testIf } from "./test-if.ts";

const MAJOR = "process.versions.node.split('.')[0]";

/** Such a program is many tests in one, which a slow machine takes minutes for. */
export const CLIENT_LIMIT_MS = 1_800_000;

/** A test that runs programs of Node's, as root. */
export const testWithNode = testIf(
  process.getuid?.() === 0 && nodeVersion() >= 20,
  "not root, or Node is not there or older than 20",
  CLIENT_LIMIT_MS,
);

const CLIENTS = join(import.meta.dir, "../clients");

/** Installs the npm packages of `test/clients`, as its lock has them, where they are missing or old. */
export async function ensureClients(): Promise<void> {
  // npm writes this file last, so an install that was cut off does not count.
  const installed = join(CLIENTS, "node_modules/.package-lock.json");
  const lock = join(CLIENTS, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  // Two test files may want them at the same time.
  const install = "npm install --no-save --ignore-scripts --include=dev --no-audit --no-fund";
  await mustRun(["flock", lock, "sh", "-c", install], { cwd: CLIENTS, timeoutMs: CLIENT_LIMIT_MS });
}

/** Runs a program of `test/clients` in a daemon's network, on that daemon. */
export function runClient(
  command: readonly string[],
  { daemon, network }: { readonly daemon: TestDaemon; readonly network: NetworkNamespace },
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runProgram(["nsenter", `--net=${network.path}`, ...command], {
    cwd: CLIENTS,
    env: { DOCKER_HOST: daemon.host, ...env },
    timeoutMs: CLIENT_LIMIT_MS,
  });
}

function nodeVersion(): number {
  if (Bun.which("node") === null) return 0;
  return Number(Bun.spawnSync(["node", "-p", MAJOR]).stdout.toString());
}
