// What the start of a container and of a further program in one have in common: a monitor is
// started, init waits, the host's work is done, the plan is sent, and init becomes the program.

import { readlinkSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { MemoryEnd } from "../base/resource-usage.ts";
import type { Descriptor } from "../linux/fd.ts";
import { sealedMemory } from "../linux/memfd.ts";
import { CLONE_FLAG } from "../linux/namespace.ts";
import { errnoOf } from "../linux/syscall.ts";
import type { PassedDescriptors } from "./host-work.ts";
import type { StartHooks, Stdio } from "./model.ts";
import {
  MonitorControl,
  type MonitorOptions,
  type StartedMonitor,
  startMonitor,
} from "./monitor.ts";
import { encodePlan } from "./plan-encoding.ts";
import { innerPid, RunningProgram } from "./running.ts";
import { explainFailure } from "./start-failure.ts";
import type { Step } from "./step.ts";
import { sendPlan } from "./sync-pipe.ts";
import type { StartRecord, Stopwatch } from "./trace.ts";

/** What a launch can tell; what it was for, its caller knows. */
export type LaunchRecord = Omit<StartRecord, "phases">;

/** What is to be launched, and what others do for it. */
export interface Launch {
  readonly id: string;
  readonly monitor: Omit<MonitorOptions, "stdio">;
  readonly stdio: Stdio;
  readonly stopwatch: Stopwatch;
  readonly passed: PassedDescriptors;
  /**
   * Does the host's work, and plans the rest. What needs no process is done while init, whose id this
   * is the promise of, is still being cloned.
   */
  prepare(init: Promise<number>): Promise<readonly Step[]>;
  /** The root to look in for what is missing when the program cannot be run. */
  rootOf(): Descriptor;
  readMemoryEnd(): MemoryEnd;
  readonly hooks: Pick<StartHooks, "beforeExec">;
  /** Is told all that is known, also of a start that failed. */
  readonly record?: (record: LaunchRecord) => void;
}

/** Starts the program. On failure init and the monitor are gone when this rejects. */
export async function launch(launch: Launch): Promise<RunningProgram> {
  const monitor = startMonitor({ ...launch.monitor, stdio: launch.stdio });
  try {
    return await proceed(launch, monitor);
  } catch (error) {
    monitor.abandon();
    await monitor.exited;
    throw error;
  }
}

async function proceed(launch: Launch, monitor: StartedMonitor): Promise<RunningProgram> {
  const { stopwatch, passed } = launch;
  const init = monitor.sync.hello.then(({ pid }) => {
    stopwatch.lap("clone");
    return pid;
  });
  const parts = [init, launch.prepare(init), init.then((pid) => connect(launch, pid))] as const;
  // None may still be at work when this rejects: what they share is given up then.
  await Promise.allSettled(parts);
  const pid = await init;
  const [, steps, running] = await Promise.all(parts).catch((cause) => {
    throw tellsItIsGone(cause, pid) ? killedBefore(cause) : cause;
  });
  const described = launch.record === undefined ? {} : describeInit(pid, launch.monitor.cloneFlags);
  const known = { ...described, containerId: launch.id, steps, stopwatch };
  const plan = encodePlan(steps);
  using memory = sealedMemory("plan", plan.bytes);
  const descriptors = plan.descriptors.map((name) => passed.get(name));
  sendPlan(monitor.sender, { memory, sizeBytes: plan.bytes.byteLength }, descriptors);
  stopwatch.lap("plan");
  const outcome = await monitor.sync.outcome;
  stopwatch.lap("steps");
  if (outcome.kind === "running") {
    launch.record?.({ ...known, trace: outcome.trace });
    return running;
  }
  if (outcome.kind === "lost") {
    launch.record?.(known);
    throw killedBefore();
  }
  const { failure } = outcome;
  launch.record?.({ ...known, failure });
  throw explainFailure({ failure, steps, root: launch.rootOf() });
}

/** Connects who is to hear of the program, before there is anything to hear. */
async function connect({ monitor, hooks, readMemoryEnd }: Launch, pid: number) {
  const { runPrefix } = monitor;
  const control = MonitorControl.connect(runPrefix);
  // Init may be gone already: then nobody comes to wait for it.
  control.catch(() => undefined);
  const startedAtNs = BigInt(Date.now()) * 1_000_000n;
  const running = new RunningProgram({ runPrefix, pid, startedAtNs, readMemoryEnd }, control);
  const parts = [control, hooks.beforeExec?.(running)] as const;
  await Promise.allSettled(parts);
  await Promise.all(parts);
  return running;
}

/** Init is gone, and its monitor with it: somebody killed it, or the memory was out. */
function killedBefore(cause?: unknown): EngineError {
  const message = "Cannot start the program: init was killed before it ran";
  return new EngineError("internal", message, { cause });
}

/** The monitor does not answer, or the kernel knows no process of init's number. */
function tellsItIsGone(cause: unknown, pid: number): boolean {
  if (cause instanceof EngineError) return cause.kind === "unavailable";
  const isMissing = errnoOf(cause) === "ENOENT" && String(cause).includes(`/proc/${pid}/`);
  return isMissing || errnoOf(cause) === "ESRCH";
}

const NAMESPACES = ["user", "mnt", "net", "pid", "ipc", "uts"];

/** Read while init waits: later the program may have ended. */
function describeInit(pid: number, cloneFlags: number): Pick<StartRecord, "pids" | "namespaces"> {
  const isFirst = (cloneFlags & CLONE_FLAG.pid) !== 0;
  const namespaces = NAMESPACES.map((name) => [name, namespaceInode(pid, name)] as const);
  return {
    pids: { outside: pid, inside: isFirst ? 1 : innerPid(pid) },
    namespaces: Object.fromEntries(namespaces),
  };
}

function namespaceInode(pid: number, name: string): number {
  try {
    return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${name}`))?.[0] ?? 0);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}
