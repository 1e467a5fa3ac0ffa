import { readFileSync } from "node:fs";
import type { Duplex } from "node:stream";
import type { Descriptor } from "../linux/fd.ts";
import { openPidfd, sendSignal } from "../linux/pidfd.ts";
import { errnoOf, SysError } from "../linux/syscall.ts";
import type { ExitRecord, Running } from "./model.ts";
import { attachTo, type MonitorControl, type MonitorStatus, readExitRecord } from "./monitor.ts";

/** What a running program is known by. */
export interface RunningOptions {
  readonly runPrefix: string;
  readonly pid: number;
  readonly startedAtNs: bigint;
  /** Called once, when the program has ended; its result goes into the record. */
  readonly countOomKills: () => number;
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

  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Duplex> {
    return attachTo(this.#runPrefix, streams);
  }

  async resize(size: { readonly rows: number; readonly columns: number }): Promise<void> {
    (await this.#control).resize(size);
  }

  kill(signal: number): void {
    if (this.#gone) throw new SysError("pidfd_send_signal", String(this.pid), ESRCH);
    sendSignal(this.#pidfd, signal);
  }

  async #watch({ countOomKills, onExit }: RunningOptions): Promise<ExitRecord> {
    // Who starts the program is told that there is no control; here it only means that it will not run.
    const control = await this.#control.catch(() => undefined);
    const seen = await control?.ended;
    const hasEnded = seen?.state === "exited" || seen?.state === "not-started";
    // A monitor that is gone without a word was killed, and its program with it.
    const end = hasEnded ? seen : (readExitRecord(this.#runPrefix) ?? killed());
    this.#gone = true;
    this.#pidfd[Symbol.dispose]();
    control?.close();
    onExit?.();
    return toExitRecord(end, countOomKills() > 0);
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
export function toExitRecord(status: MonitorStatus, oomKilled: boolean): ExitRecord {
  const { exitCode, signal, finishedAtNs } = status;
  return { exitCode, signal, finishedAtNs, oomKilled };
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
