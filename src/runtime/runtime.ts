// The runtime: programs in containers, from a request that says everything to one that runs. It
// knows of no images, names or networks; the engine above decides, this layer does.

import type { ExplainedPlan } from "../base/explained-plan.ts";
import { OPEN } from "../linux/beneath.ts";
import { cgroupAt, countOomKills } from "../linux/cgroup.ts";
import { openFile } from "../linux/fd.ts";
import { takesIdMap } from "./bind-mount.ts";
import { removeCgroupSoon } from "./cleanup.ts";
import { expectedInputs, type StartContext, startContainer } from "./container-start.ts";
import { copyOut } from "./copy-out.ts";
import { type ExecRequest, startExec } from "./exec-start.ts";
import { type Host, openHost, type RuntimeOptions } from "./host.ts";
import { findFileInLayers } from "./layer-reader.ts";
import type { ExitRecord, RootSource, Running, StartHooks, StartRequest } from "./model.ts";
import { MonitorControl, type MonitorStatus, readExitRecord } from "./monitor.ts";
import { describePhases } from "./phases.ts";
import { planContainer } from "./plan.ts";
import { readInRoot } from "./root-reader.ts";
import { RunningProgram, toExitRecord } from "./running.ts";
import { type StartRecord, toExplainedPlan } from "./trace.ts";
import { UserNamespaceProbe } from "./user-namespace-probe.ts";

// How many past starts can be told of.
const MAX_RECORDS = 256;

/** Starts programs, finds them again after a restart of the daemon, and cleans up after them. */
export class Runtime {
  readonly #host: Host;
  readonly #records = new Map<string, StartRecord>();
  readonly #cleanups = new Set<Promise<void>>();
  readonly #probe: UserNamespaceProbe;

  constructor(options: RuntimeOptions) {
    this.#host = openHost(options);
    this.#probe = new UserNamespaceProbe(options.initPath);
  }

  /** Resolves when the program runs; a failure leaves nothing behind. */
  start(request: StartRequest, hooks: StartHooks): Promise<Running> {
    return startContainer(request, this.#context(hooks));
  }

  /** Runs one more program in a container; fails as start() does. */
  exec(
    container: Running,
    request: ExecRequest,
    hooks: Pick<StartHooks, "beforeExec">,
  ): Promise<Running> {
    return startExec(container, request, { host: this.#host, hooks });
  }

  /** After a restart of the daemon: what became of a container. Undefined: nobody knows. */
  async recover(id: string): Promise<Running | ExitRecord | undefined> {
    const { runFiles, cgroups } = this.#host;
    const cgroupPath = runFiles.findCgroup(id);
    if (cgroupPath === undefined) return undefined;
    const runPrefix = runFiles.prefixOf(id);
    const oomKills = () => countOomKills(cgroups, cgroupPath);
    const found = await connectIfThere(runPrefix);
    if (found === undefined || found.status.state !== "running") {
      found?.control.close();
      const record = readExitRecord(runPrefix);
      return record?.state === "exited" ? toExitRecord(record, oomKills() > 0) : undefined;
    }
    const { pid, startedAtNs } = found.status;
    const options = { runPrefix, pid, startedAtNs, countOomKills: oomKills };
    return new RunningProgram(options, Promise.resolve(found.control));
  }

  /** What start() would do, without doing it. */
  explain(request: StartRequest): ExplainedPlan {
    const steps = planContainer(expectedInputs(request, this.#host));
    const phases = describePhases(request, this.#host.cgroups.version);
    return toExplainedPlan({ containerId: request.id, phases, steps });
  }

  /** What the last start() of this container did. */
  trace(id: string): ExplainedPlan | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : toExplainedPlan(record);
  }

  /** Takes away the cgroup and the run files; idempotent. */
  async cleanup(id: string): Promise<void> {
    const work = this.#cleanUp(id).finally(() => this.#cleanups.delete(work));
    this.#cleanups.add(work);
    await work;
  }

  /** Forgets what trace() could tell of a container. */
  forget(id: string): void {
    this.#records.delete(id);
  }

  /** Takes away what a dead daemon left of programs that are no container's any more. */
  async sweep(isContainer: (id: string) => boolean): Promise<void> {
    const left = this.#host.runFiles.list().filter((id) => !isContainer(id));
    await Promise.all(left.map((id) => this.cleanup(id)));
  }

  /** Resolves when nothing is being taken away any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#cleanups);
  }

  /** The text of a small file as a program in there sees it; undefined where there is none. */
  async readFile(root: RootSource | Running, path: string): Promise<string | undefined> {
    if ("pid" in root) {
      using directory = openFile(`/proc/${root.pid}/root`, OPEN.PATH | OPEN.DIRECTORY);
      return readInRoot(directory, path)?.toString();
    }
    const found = findFileInLayers(root, path);
    if (found.kind === "file") return found.content.toString();
    if (found.kind === "none") return undefined;
    using mount = this.#host.mounter.mount(root, undefined);
    return readInRoot(mount, path)?.toString();
  }

  /** Copies a directory of an image into a volume. False: the image has none there. */
  async copyOut(root: RootSource, path: string, target: string): Promise<boolean> {
    using mount = this.#host.mounter.mount(root, undefined);
    return copyOut(mount, path, target);
  }

  /** Whether a path on the host, and what is mounted beneath it, can be bound with id mappings. */
  canIdmap(path: string): boolean {
    return takesIdMap(path, this.#probe.namespace());
  }

  async #cleanUp(id: string): Promise<void> {
    const { runFiles, cgroups } = this.#host;
    const path = runFiles.findCgroup(id);
    if (path !== undefined) await removeCgroupSoon(cgroupAt(cgroups, path));
    runFiles.remove(id);
  }

  #context(hooks: StartHooks): StartContext {
    return { host: this.#host, hooks, record: (record) => this.#keep(record) };
  }

  #keep(record: StartRecord): void {
    this.#records.delete(record.containerId);
    this.#records.set(record.containerId, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > MAX_RECORDS && oldest !== undefined) this.#records.delete(oldest);
  }
}

async function connectIfThere(
  runPrefix: string,
): Promise<{ control: MonitorControl; status: MonitorStatus } | undefined> {
  try {
    return await MonitorControl.connect(runPrefix);
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Error && "kind" in error && error.kind === "unavailable";
}
