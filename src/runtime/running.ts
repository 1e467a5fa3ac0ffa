import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { MemoryEnd } from "../base/resource-usage.ts";
import type { Descriptor } from "../linux/fd.ts";
import { openPidfd, sendSignal } from "../linux/pidfd.ts";
import { errnoOf, SysError } from "../linux/syscall.ts";
import { readExitRecord } from "./exit-record.ts";
import type { ExitRecord, Running } from "./model.ts";
import { attachTo, type MonitorControl, type MonitorStatus, rotateLog } from "./monitor.ts";

/** What a running program is known by. */
export interface RunningOptions {
  readonly runPrefix: string;
  readonly pid: number;
  readonly startedAtNs: bigint;
  /** How long it runs already; undefined: it is about to. */
  readonly ageMs?: number;
  /** Called once, when the program has ended; its result goes into the record. */
  readonly readMemoryEnd: () => MemoryEnd;
  readonly onExit?: () => void;
}

const SIGKILL = 9;
const ESRCH = 3;

/** A program under a monitor of ours, whoever started it. */
export class RunningProgram implements Running {
  readonly pid: number;
  readonly startedAtNs: bigint;
  readonly exited: Promise<ExitRecord>;
  readonly #runPrefix: string;
  readonly #pidfd: Descriptor;
  readonly #control: Promise<MonitorControl>;
  #gone = false;

  /** The program must not be let run before `control` is there: its end could be missed. */
  constructor(options: RunningOptions, control: Promise<MonitorControl>) {
    this.pid = options.pid;
    this.startedAtNs = options.startedAtNs;
    this.#runPrefix = options.runPrefix;
    this.#control = control;
    this.#pidfd = openPidfd(options.pid);
    this.exited = this.#watch(options);
  }

  /** Takes up one that an earlier daemon started; undefined: there is no process of that number. */
  static tryFind(options: RunningOptions, control: MonitorControl): RunningProgram | undefined {
    try {
      return new RunningProgram(options, Promise.resolve(control));
    } catch (error) {
      if (errnoOf(error) === "ESRCH") return undefined;
      throw error;
    }
  }

  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Duplex> {
    return attachTo(this.#runPrefix, streams);
  }

  async resize(size: { readonly rows: number; readonly columns: number }): Promise<void> {
    (await this.#control).resize(size);
  }

  async rotateLog(): Promise<void> {
    await rotateLog(this.#runPrefix);
  }

  kill(signal: number): void {
    if (this.#gone) throw new SysError("pidfd_send_signal", String(this.pid), ESRCH);
    sendSignal(this.#pidfd, signal);
  }

  async #watch({ readMemoryEnd, onExit, ageMs = 0 }: RunningOptions): Promise<ExitRecord> {
    const startedMs = performance.now() - ageMs;
    // Who starts the program is told that there is no control; here it only means that it will not run.
    const control = await this.#control.catch(() => undefined);
    const seen = await control?.ended;
    const hasEnded = seen?.state === "exited" || seen?.state === "not-started";
    const told = hasEnded ? seen : readExitRecord(this.#runPrefix);
    // A monitor that is gone without a word was killed. Its program goes with it, but for one that has
    // changed its user since: nobody would read its output or learn of its end. PR_SET_PDEATHSIG(2const)
    if (told === undefined) this.#killLeft();
    const end = told ?? killed();
    this.#gone = true;
    this.#pidfd[Symbol.dispose]();
    control?.close();
    onExit?.();
    const record = { ...toExitRecord(end, readMemoryEnd()), ranMs: performance.now() - startedMs };
    return told === undefined ? { ...record, isLost: true } : record;
  }

  #killLeft(): void {
    try {
      sendSignal(this.#pidfd, SIGKILL);
    } catch (error) {
      if (errnoOf(error) !== "ESRCH") throw error;
    }
  }
}

function killed(): MonitorStatus {
  return {
    state: "exited",
    pid: 0,
    exitCode: 128 + SIGKILL,
    signal: SIGKILL,
    startedAtNs: 0n,
    finishedAtNs: BigInt(Date.now()) * 1_000_000n,
  };
}

/** What a monitor told, in the words of the layers above. */
export function toExitRecord(status: MonitorStatus, memory: MemoryEnd): ExitRecord {
  const { exitCode, signal, finishedAtNs } = status;
  const { oomKills, ...most } = memory;
  const neverRan = status.state === "not-started" ? { neverRan: true } : {};
  return { exitCode, signal, finishedAtNs, oomKilled: oomKills > 0, memory: most, ...neverRan };
}

/** The id of a process in its own pid namespace. proc(5), NSpid */
export function innerPid(pid: number): number {
  try {
    const ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
    return Number(ids.split(/\s+/).at(-1));
  } catch (error) {
    // It may have ended already.
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return 0;
    throw error;
  }
}
