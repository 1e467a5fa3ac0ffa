import type { Duplex } from "node:stream";
import type { MemoryEnd } from "../base/resource-usage.ts";
import type { NetlinkRequest } from "../linux/netlink-message.ts";
import type { Spec } from "../oci/runtime-spec.ts";

/** All that is needed to start a container: the daemon decided everything that is in here. */
export interface StartRequest {
  /** 64 hex digits. */
  readonly id: string;
  readonly spec: Spec;
  readonly root: RootSource;
  readonly stdio: Stdio;
  /** Put the reaper of `sampan-init` in front of the program, as PID 1. */
  readonly init?: boolean;
}

/** What makes the root file system, by path on the host. */
export interface RootSource {
  /** A directory of the host that is all of it; the others are then not used. */
  readonly directory?: string;
  /** The layers below, topmost first. None: `upper` is all of it, and no overlay is made. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  /** Nothing of it must survive a crash of the host: the unmount then needs no sync. */
  readonly volatile: boolean;
  /** The host's id for the container's root, by which ids in `upper` are shifted. Undefined: 0. */
  readonly ownerHostId?: number;
}

export interface Stdio {
  /** A pseudo-terminal of this size in place of pipes. */
  readonly terminal?: { readonly rows: number; readonly columns: number };
  /** Without it stdin is the container's /dev/null. */
  readonly stdin: boolean;
  /** Stdin ends when the first attached client's does. */
  readonly stdinOnce: boolean;
  readonly log?: LogFileOptions;
}

/** A json-file log that the monitor writes. */
export interface LogFileOptions {
  /** The newest file. When it is full it becomes `path.1`, the next one `path.2`, and so on. */
  readonly path: string;
  /** Of one file; 0: without end. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Which number the newest file gets when it is full; undefined: 1. */
  readonly number?: number;
  /** What each entry says beside its text. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What others do on the host while init waits on the sync pipe. */
export interface StartHooks {
  /** Is called when the namespaces are there, unless the network namespace is a joined one. */
  connectNetwork?(namespace: {
    readonly pid: number;
    readonly fd: number;
  }): Promise<readonly NetlinkRequest[]>;
  /** Is called before the program runs, so that nothing it writes is missed. */
  beforeExec?(running: Running): Promise<void>;
}

/** A program that runs under a monitor: a container's first process, or an exec. */
export interface Running {
  /** On the host. */
  readonly pid: number;
  /** When it was started, nanoseconds since the epoch. */
  readonly startedAtNs: bigint;
  /** Resolves when it ended and its output is out; never rejects. */
  readonly exited: Promise<ExitRecord>;
  /** A byte stream to and from its stdio; output has Docker's frame heads unless on a terminal. */
  attach(streams: { stdin: boolean; stdout: boolean; stderr: boolean }): Promise<Duplex>;
  resize(size: { readonly rows: number; readonly columns: number }): Promise<void>;
  /** Goes on with a new log file, where it has a log. */
  rotateLog(): Promise<void>;
  /** Throws SysError ESRCH when it is gone. */
  kill(signal: number): void;
}

/** A program that can be run in a container again and again, while that runs. */
export interface PreparedCheck {
  /** Runs it to its end. When `signal` comes, what it has started is killed and this rejects. */
  run(signal: AbortSignal): Promise<CheckEnd>;
}

/** How a check's program ended. */
export interface CheckEnd {
  /** As a shell has it. */
  readonly exitCode: number;
  /** Of both streams, the first 4096 bytes. */
  readonly output: string;
  readonly isCut: boolean;
}

export interface ExitRecord {
  /** As a shell has it: 128 + signal for a killed one. */
  readonly exitCode: number;
  /** 0: it exited. */
  readonly signal: number;
  readonly finishedAtNs: bigint;
  /** The kernel killed a process of this container for want of memory. */
  readonly oomKilled: boolean;
  /** How long it ran, by a clock that nobody sets; undefined where no daemon was there at its end. */
  readonly ranMs?: number;
  /** What it might have used of memory, and what it did. */
  readonly memory: Omit<MemoryEnd, "oomKills">;
  /** Its monitor was killed, so that nobody knows more. */
  readonly isLost?: boolean;
  /** The start came to no end, as when the daemon was killed meanwhile. */
  readonly neverRan?: boolean;
}
