// The daemon's main: takes hold of its directories and its network, puts the layers together, serves,
// and lets go again. Containers go on without it.

import { rmdirSync } from "node:fs";
import { apiServer } from "../api/server.ts";
import { explain } from "../base/errors.ts";
import { FlagError, parseFlags } from "../cli/flags/parse-flags.ts";
import { describeFlags } from "../cli/help.ts";
import { createEngine } from "../engine/engine.ts";
import { leaveHost, type OpenedNetworks, openNetworks } from "../engine/networks/open-networks.ts";
import { readHostFacts } from "../linux/host-facts.ts";
import { HostNetworking } from "../network/host-networking.ts";
import { RegistryClient } from "../registry/registry-client.ts";
import { Runtime } from "../runtime/runtime.ts";
import type { StorageChoice } from "../store/storage-driver.ts";
import { Store } from "../store/store.ts";
import { DAEMON_FLAGS } from "./daemon-flags.ts";
import { DaemonLog } from "./daemon-log.ts";
import { type DaemonOptions, parseDaemonOptions } from "./daemon-options.ts";
import { collectWhenIdle } from "./idle-memory.ts";
import { PidFile } from "./pid-file.ts";
import { readVersion } from "./version.ts";

const INIT_PATH = `${import.meta.dir}/../../build/sampan-init`;

// How long clients may still read when the daemon ends.
const CLOSE_LIMIT_MS = 5000;

const USAGE =
  "Usage:  sampan daemon [OPTIONS]\n\nRun the daemon that starts and keeps containers\n";

/** Runs until a signal ends it; returns the exit code. */
export async function runDaemon(args: readonly string[]): Promise<number> {
  try {
    const { values, help, operands } = parseFlags(DAEMON_FLAGS, args);
    if (help) {
      process.stdout.write(`${USAGE}\n${describeFlags("Options", DAEMON_FLAGS, 100).join("\n")}\n`);
      return 0;
    }
    if (operands.length > 0) throw new FlagError(`unexpected argument: ${operands[0]}`);
    await serve(parseDaemonOptions(values));
    return 0;
  } catch (error) {
    process.stderr.write(`sampan daemon: ${error instanceof Error ? error.message : error}\n`);
    if (error instanceof FlagError) process.stderr.write("See 'sampan daemon --help'.\n");
    else if (isUnforeseen(error)) process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

function isUnforeseen(error: unknown): error is Error {
  return error instanceof Error && error.name !== "EngineError" && error.name !== "SysError";
}

async function serve(options: DaemonOptions): Promise<void> {
  const log = new DaemonLog(options.logLevel);
  const ending = waitForSignal();
  // The directory that it was started in may be unmounted; modes are what they are said to be.
  process.chdir("/");
  process.umask(0o022);

  await using closing = new AsyncDisposableStack();
  closing.use(new PidFile(options.pidFile));
  const report = reportTo(log);
  const { idBounds, storageDriver, keepBlobs } = options;
  const store = closing.use(
    Store.open(options.dataRoot, { idBounds, storageDriver, keepBlobs, report }),
  );
  closing.defer(() => store.trash.settled());
  logStorage(log, store.storage);
  const facts = readHostFacts();
  const runtime = new Runtime({
    execRoot: options.execRoot,
    layerRoot: options.dataRoot,
    initPath: INIT_PATH,
    cgroups: facts.cgroups,
  });
  const host = closing.use(new HostNetworking(options.network.bridge));
  const networks = openNetworks({ store, host, network: options.network, report });
  closing.defer(() => leave({ store, networks, facts, report }));
  const engine = await createEngine({
    store,
    runtime,
    networks,
    facts,
    execRoot: options.execRoot,
    version: readVersion(),
    registry: new RegistryClient(options.registry),
    transfers: options.transfers,
    defaultLog: options.defaultLog,
    cdiDirectories: options.cdiDirectories,
    report,
  });
  closing.defer(() => engine.shutdown());
  // Only now is it known what runs already, and which ports it has.
  host.firewall.ensure();
  host.firewall.watch(report);
  const server = apiServer(engine, {
    ...options,
    onError: (message, error) => log.error(message, error),
  });
  for (const host of await server.listen()) log.info(`Listening on ${host}`);
  closing.defer(() => server.close(CLOSE_LIMIT_MS));
  closing.use(collectWhenIdle(() => store.releaseMemory()));
  for (const warning of facts.warnings) log.warn(warning);

  log.info(`Ending: ${await ending}`);
}

/** For what goes wrong where nobody waits: it must not take from all containers who serves them. */
function reportTo(log: DaemonLog): (error: unknown) => void {
  const report = (error: unknown) => log.error("Background work failed", error);
  process.on("unhandledRejection", report);
  return report;
}

function logStorage(log: DaemonLog, { driver, backing, obstacle }: StorageChoice): void {
  log.info(`Storage driver "${driver}" on ${backing}`);
  if (obstacle !== undefined) {
    log.warn(`Every container gets a full copy of its image, as there is no overlay: ${obstacle}`);
  }
}

/** The second signal ends the daemon at once: the default is back then. */
function waitForSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  process.once("SIGTERM", () => resolve("SIGTERM"));
  process.once("SIGINT", () => resolve("SIGINT"));
  return promise;
}

interface Left {
  readonly store: Store;
  readonly networks: OpenedNetworks;
  readonly facts: ReturnType<typeof readHostFacts>;
  readonly report: (error: unknown) => void;
}

/** What is shared by containers goes when none runs: bridges, their rules, the parent cgroup. */
function leave({ store, networks, facts, report }: Left): void {
  const running = store.containers.list().some(({ status }) => status === "running");
  if (running) return;
  leaveHost(networks, report);
  const { cgroups } = facts;
  const roots =
    cgroups.version === "2" ? [cgroups.path] : cgroups.hierarchies.map(({ path }) => path);
  for (const root of roots) removeIfEmpty(`${root}/sampan`);
}

/** Another daemon's containers may be in it, or none ever was: both are in order. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "ENOENT" && code !== "EBUSY" && code !== "ENOTEMPTY") {
      throw explain(error, `Cannot remove ${directory}`);
    }
  }
}
