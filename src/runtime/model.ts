import type { Duplex } from "node:stream";
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

/** The layers that make the root file system, by path on the host. */
export interface RootSource {
  /** Topmost first. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  /** Nothing of it must survive a crash of the host: the unmount then needs no sync. */
  readonly volatile: boolean;
}

export interface Stdio {
  /** A pseudo-terminal of this size in place of pipes. */
  readonly terminal?: { readonly rows: number; readonly columns: number };
  /** Without it stdin is the container's /dev/null. */
  readonly stdin: boolean;
  /** Stdin ends when the first attached client's does. */
  readonly stdinOnce: boolean;
  /** A json-file log that the monitor writes; `path` is the newest file, `path.1` the one before. */
  readonly log?: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number };
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
  /** Throws SysError ESRCH when it is gone. */
  kill(signal: number): void;
}

export interface ExitRecord {
  /** As a shell has it: 128 + signal for a killed one. */
  readonly exitCode: number;
  /** 0: it exited. */
  readonly signal: number;
  readonly finishedAtNs: bigint;
  /** The kernel killed a process of this container for want of memory. */
  readonly oomKilled: boolean;
}
