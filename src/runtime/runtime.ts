// The runtime: programs in containers, from a request that says everything to one that runs. It
// knows of no images, names or networks; the engine above decides, this layer does.

import { EngineError } from "../base/errors.ts";
import type { ExplainedPlan } from "../base/explained-plan.ts";
import { OPEN } from "../linux/beneath.ts";
import { isInCgroup } from "../linux/cgroup.ts";
import { releaseKilled } from "../linux/cgroup-freezer.ts";
import { readMemoryEnd } from "../linux/cgroup-usage.ts";
import { openFile } from "../linux/fd.ts";
import { type MountedOn, mountOf } from "../linux/mount-info.ts";
import { processAgeMs } from "../linux/process-table.ts";
import { FILE_TYPE, isType } from "../linux/statx.ts";
import { takesIdMap, typeTakesIdMap } from "./bind-mount.ts";
import { Check, type CheckRequest } from "./check-start.ts";
import { cleanUp } from "./cleanup.ts";
import { expectedInputs, type StartContext, startContainer } from "./container-start.ts";
import { type CopyTarget, copyOut } from "./copy-out.ts";
import { type ExecRequest, startExec } from "./exec-start.ts";
import { readExitRecord } from "./exit-record.ts";
import { type FilesRequest, type FilesView, FilesViews } from "./files-view.ts";
import { type Host, openHost, type RuntimeOptions, stageOf } from "./host.ts";
import { findFileInLayers } from "./layer-reader.ts";
import { findMissingLibrary, type MissingLibrary, type ProgramStart } from "./missing-library.ts";
import type {
  ExitRecord,
  PreparedCheck,
  RootSource,
  Running,
  StartHooks,
  StartRequest,
} from "./model.ts";
import { MonitorControl } from "./monitor.ts";
import { Observer } from "./observer.ts";
import { describePhases } from "./phases.ts";
import { planContainer } from "./plan.ts";
import { readInRoot, statInRoot } from "./root-reader.ts";
import { RunningProgram, toExitRecord } from "./running.ts";
import { type StartRecord, toExplainedPlan } from "./trace.ts";
import { UserNamespaceProbe } from "./user-namespace-probe.ts";
import { mountVolume, unmountVolume, type VolumeSource } from "./volume-mount.ts";

// How many past starts can be told of.
const MAX_RECORDS = 256;

/** How long a start may go on when its daemon is gone, before it counts as one that hangs. */
const BEGIN_MS = 10_000;
/** A monitor has its answer ready; the daemon has many to ask when it starts. */
const PATIENCE_MS = 30_000;
/** How long the last processes of a container may take to end when the first one has. */
const END_MS = 5_000;

/** Starts programs, finds them again after a restart of the daemon, and cleans up after them. */
export class Runtime {
  /** Containers that run, seen from the host. */
  readonly observer: Observer;
  readonly #host: Host;
  readonly #records = new Map<string, StartRecord>();
  readonly #cleanups = new Set<Promise<void>>();
  readonly #probe: UserNamespaceProbe;
  readonly #files: FilesViews;
  readonly #layerRoot: string;
  readonly #patienceMs: number;
  #mapsLayers: boolean | undefined;

  constructor(options: RuntimeOptions) {
    this.#host = openHost(options);
    this.observer = new Observer(this.#host);
    this.#files = new FilesViews({
      ...this.#host,
      stageDirectory: stageOf(options.execRoot),
    });
    this.#layerRoot = options.layerRoot;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
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

  /** Makes ready to run a program in a container again and again. */
  prepareCheck(container: Running, request: CheckRequest): PreparedCheck {
    return new Check(this.#host, container, request);
  }

  /** After a restart of the daemon: what became of a container. Undefined: nobody knows. */
  async recover(id: string): Promise<Running | ExitRecord | undefined> {
    const { runFiles, cgroups } = this.#host;
    const cgroupPath = runFiles.findCgroup(id);
    if (cgroupPath === undefined) return undefined;
    const runPrefix = runFiles.prefixOf(id);
    const memoryEnd = () => readMemoryEnd(cgroups, cgroupPath);
    const control = await this.#answered(connectIfThere(runPrefix));
    // Init waits no longer for a daemon that is gone: it runs the program by the plan that it has, or ends.
    const seen = control && (await within(BEGIN_MS, control.begun));
    if (control === undefined || seen?.state !== "running") {
      control?.close();
      const last = readExitRecord(runPrefix) ?? seen;
      const isOver = last !== undefined && last.state !== "waiting";
      return isOver ? toExitRecord(last, memoryEnd()) : undefined;
    }
    const { pid, startedAtNs } = seen;
    const ageMs = processAgeMs(pid);
    const options = { runPrefix, pid, startedAtNs, ageMs, readMemoryEnd: memoryEnd };
    const running = RunningProgram.tryFind(options, control);
    // It ended in this moment, so that its number may be another's: the monitor is about to say how.
    if (running === undefined)
      return toExitRecord(await this.#answered(control.ended), memoryEnd());
    if (isInCgroup(pid, cgroupPath)) return running;
    releaseKilled(cgroups, cgroupPath);
    // What it has left may take long to die, as where a disk does not answer: until then it has its number.
    return (await within(END_MS, running.exited)) ?? running;
  }

  /** A monitor that is stopped, or waits for its log's disk, must not keep the daemon from all others. */
  async #answered<Value>(work: Promise<Value>): Promise<Value> {
    const limitMs = this.#patienceMs;
    const answer = await within(
      limitMs,
      work.then((value) => ({ value })),
    );
    if (answer !== undefined) return answer.value;
    throw new EngineError("internal", `its monitor has not answered for ${limitMs / 1000} s`);
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
    const work = cleanUp(this.#host, id).finally(() => this.#cleanups.delete(work));
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
    const found =
      root.directory === undefined ? findFileInLayers(root, path) : ({ kind: "unclear" } as const);
    if (found.kind === "file") return found.content.toString();
    if (found.kind === "none") return undefined;
    using mount = this.#host.mounter.mount(root, undefined);
    return readInRoot(mount, path)?.toString();
  }

  /** What keeps a program from being loaded; undefined where nothing does, or none can be found. */
  async findMissingLibrary(
    root: RootSource,
    start: ProgramStart,
  ): Promise<MissingLibrary | undefined> {
    try {
      using mount = this.#host.mounter.mount(root, undefined);
      return findMissingLibrary(mount, start);
    } catch {
      // The program has ended in any case, and that is what is to be told.
      return undefined;
    }
  }

  /** Copies a directory of an image into an empty one of a volume. False: either is not there, or not empty. */
  async copyOut(
    root: RootSource,
    path: string,
    target: () => Promise<CopyTarget>,
  ): Promise<boolean> {
    using mount = this.#host.mounter.mount(root, undefined);
    const found = statInRoot(mount, path);
    if (found === undefined || !isType(found, FILE_TYPE.DIRECTORY)) return false;
    // In an overlay that is not mapped only the container's own files have shifted ids: it has none yet.
    const ownerHostId =
      root.lowers.length === 0 && root.directory === undefined ? (root.ownerHostId ?? 0) : 0;
    return await copyOut({ root: mount, ownerHostId }, path, await target());
  }

  /** Mounts what a volume is made of on its directory. */
  mountVolume(source: VolumeSource, target: string): Promise<void> {
    return mountVolume(source, target);
  }

  /** Takes away what is mounted there; no error where nothing is. */
  unmountVolume(target: string): void {
    unmountVolume(target);
  }

  /** The mount on the host that a path is on, and how mounts travel to and from it. */
  mountOf(path: string): MountedOn {
    return mountOf(path);
  }

  /** Whether a file system of this type, made by a volume, can be bound with id mappings. */
  canIdmapType(type: string): boolean {
    return typeTakesIdMap(type, this.#probe.namespace());
  }

  /** A container's files as its programs see them; they stay until the view is disposed of. */
  openFiles(request: FilesRequest): FilesView {
    return this.#files.open(request);
  }

  /** Whether a path on the host, and what is mounted beneath it, can be bound with id mappings. */
  canIdmap(path: string): boolean {
    return takesIdMap(path, this.#probe.namespace());
  }

  /** The same of the directory that layers are in; it is found out once. */
  canIdmapLayers(): boolean {
    this.#mapsLayers ??= takesIdMap(this.#layerRoot, this.#probe.namespace(), { recursive: false });
    return this.#mapsLayers;
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

async function connectIfThere(runPrefix: string): Promise<MonitorControl | undefined> {
  try {
    return await MonitorControl.connect(runPrefix);
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

/** Undefined where it takes longer. */
async function within<Value>(limitMs: number, work: Promise<Value>): Promise<Value | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof Error && "kind" in error && error.kind === "unavailable";
}
