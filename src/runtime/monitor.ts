// The daemon's end of a monitor: starting one, and talking to one that runs. init/monitor.h has the
// other end.

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { EngineError } from "../base/errors.ts";
import { type Descriptor, duplicate } from "../linux/fd.ts";
import { socketPair } from "../linux/socket.ts";
import type { Stdio } from "./model.ts";
import { SyncReader } from "./sync-pipe.ts";

/** What a monitor is started with. */
export interface MonitorOptions {
  /** The program: a sealed copy in memory, so that no container can change it. */
  readonly program: Descriptor;
  readonly runPrefix: string;
  readonly cloneFlags: number;
  /** Namespaces that init must be in before it is cloned. */
  readonly join?: { readonly pidfd: Descriptor; readonly flags: number };
  /** A v2 cgroup to be cloned into. */
  readonly cgroupDirectory?: string;
  readonly stdio: Stdio;
  /** Whether a daemon that comes back will ask how the program ended. */
  readonly keepsRecord: boolean;
  /** The sync pipe tells the end too, and giving it up kills the program: nobody connects. */
  readonly isCheck?: boolean;
}

/** A monitor that was started, up to the point where init waits for its plan. */
export interface StartedMonitor {
  /** The sync pipe, to send the plan on. The reader's own number may be another file's once this side is over. */
  readonly sender: Descriptor;
  readonly sync: SyncReader;
  /** Resolves when the monitor is gone. */
  readonly exited: Promise<unknown>;
  /** Ends an init that has no plan yet, and by that the monitor. */
  abandon(): void;
}

/** Starts a monitor, which clones init. */
export function startMonitor(options: MonitorOptions): StartedMonitor {
  const [near, far] = socketPair();
  using _far = far;
  const { join } = options;
  const child = Bun.spawn([options.program.path, "monitor", ...monitorArguments(options)], {
    argv0: "sampan-init",
    cwd: "/",
    env: {},
    // A session of its own: it outlives the daemon.
    detached: true,
    stdio: [
      "ignore",
      "ignore",
      "ignore",
      far.number,
      ...(join === undefined ? [] : [join.pidfd.number]),
    ],
  });
  child.unref();
  return { ...followSync(near), exited: child.exited };
}

/** Reads the near end of a monitor's sync pipe, which is closed when the other side is. */
export function followSync(near: Descriptor): Omit<StartedMonitor, "exited"> {
  const sync = new SyncReader();
  const sender = duplicate(near.number);
  const reader = readAll(near.release(), sync);
  const abandon = () => {
    sender[Symbol.dispose]();
    reader.destroy();
  };
  return { sender, sync, abandon };
}

/** How a monitor is told of its work, after the word for what `sampan-init` is to be. */
export type MonitorArguments = Omit<MonitorOptions, "program" | "join"> & {
  readonly join?: Pick<NonNullable<MonitorOptions["join"]>, "flags">;
};

export function monitorArguments(options: MonitorArguments): string[] {
  const { runPrefix, cloneFlags, join, cgroupDirectory = "-", stdio, ...rest } = options;
  const mode = [
    ...(rest.keepsRecord ? ["r"] : []),
    ...(rest.isCheck === true ? ["c"] : []),
    ...(stdio.terminal === undefined ? [] : ["t"]),
    ...(stdio.stdin ? ["i"] : []),
    ...(stdio.stdinOnce ? ["o"] : []),
    "-",
  ];
  const { path = "-", maxBytes = 0, maxFiles = 1, number = 1, attributes } = stdio.log ?? {};
  return [
    runPrefix,
    String(cloneFlags),
    String(join?.flags ?? 0),
    cgroupDirectory,
    mode.join(""),
    path,
    String(maxBytes),
    String(maxFiles),
    String(number),
    attributes === undefined ? "" : `"attrs":${JSON.stringify(attributes)},`,
  ];
}

/** The socket is the reader's from here on: it closes it. */
function readAll(socket: number, sync: SyncReader): Socket {
  // Bun's `new Socket({ fd })` misses what comes later; its connect() takes an `fd` that the types lack.
  const options: object = { fd: socket };
  const reader = connect(options as NetConnectOpts);
  reader.on("data", (bytes: Buffer) => sync.push(bytes));
  reader.on("error", () => sync.end());
  reader.on("close", () => sync.end());
  return reader;
}

/** What a monitor knows of its program. */
export interface MonitorStatus {
  readonly state: "waiting" | "running" | "exited" | "not-started";
  readonly pid: number;
  readonly exitCode: number;
  readonly signal: number;
  readonly startedAtNs: bigint;
  readonly finishedAtNs: bigint;
}

const STATUS_BYTES = 32;
const STATES = ["waiting", "waiting", "running", "exited", "not-started"] as const;

const WANTS = { stdin: 1, stdout: 2, stderr: 4 } as const;

/** A connection that tells of every change, and takes orders. */
export class MonitorControl {
  /** Resolves with the first status that is not `waiting`, or as `ended` does. */
  readonly begun: Promise<MonitorStatus>;
  /** Resolves with the last status: at the end of the program, or as it was when the monitor was lost. */
  readonly ended: Promise<MonitorStatus>;
  readonly #socket: Socket;

  private constructor(socket: Socket, { begun, ended }: Pick<MonitorControl, "begun" | "ended">) {
    this.#socket = socket;
    this.begun = begun;
    this.ended = ended;
  }

  /** Connects and waits for the first status. Throws `unavailable` when nobody is there. */
  static async connect(runPrefix: string): Promise<MonitorControl> {
    const socket = await open(runPrefix, request("C"));
    const { promise: first, resolve, reject } = Promise.withResolvers<void>();
    const statuses = readStatuses(socket, { resolve, reject });
    await first;
    return new MonitorControl(socket, statuses);
  }

  resize({ rows, columns }: { readonly rows: number; readonly columns: number }): void {
    this.#socket.write(request("R", { rows, columns }));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A byte stream to and from the program; nothing that it writes from now on is missed. */
export async function attachTo(
  runPrefix: string,
  streams: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean },
): Promise<Socket> {
  const wanted =
    (streams.stdin ? WANTS.stdin : 0) |
    (streams.stdout ? WANTS.stdout : 0) |
    (streams.stderr ? WANTS.stderr : 0);
  const socket = await open(runPrefix, request("A", { streams: wanted }));
  await skipStatus(socket);
  return socket;
}

/** Has the monitor go on with a new log file; resolves when it does. */
export async function rotateLog(runPrefix: string): Promise<void> {
  const socket = await open(runPrefix, request("L"));
  await skipStatus(socket);
  socket.destroy();
}

function request(
  kind: "A" | "C" | "L" | "R",
  { streams = 0, rows = 0, columns = 0 } = {},
): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.write(kind, 0, "latin1");
  bytes.writeUInt8(streams, 1);
  bytes.writeUInt16LE(rows & 0xffff, 2);
  bytes.writeUInt16LE(columns & 0xffff, 4);
  return bytes;
}

function open(runPrefix: string, first: Uint8Array): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ path: `${runPrefix}.sock`, allowHalfOpen: true });
  // For good: an error that nobody listens to would end the daemon.
  socket.on("error", (cause) => {
    reject(new EngineError("unavailable", `Cannot reach the monitor: ${cause.message}`, { cause }));
  });
  socket.once("connect", () => {
    socket.write(first);
    resolve(socket);
  });
  return promise;
}

/** The monitor answers an attach with a status; what comes behind it is the program's. */
function skipStatus(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let pending: Buffer = Buffer.alloc(0);
  const take = (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    if (pending.byteLength < STATUS_BYTES) return;
    socket.off("data", take);
    socket.pause();
    const rest = pending.subarray(STATUS_BYTES);
    if (rest.byteLength > 0) socket.unshift(rest);
    resolve();
  };
  socket.on("data", take);
  whenOver(socket, () => reject(new EngineError("unavailable", "The program has ended")));
  return promise;
}

function readStatuses(
  socket: Socket,
  first: { resolve(): void; reject(error: Error): void },
): Pick<MonitorControl, "begun" | "ended"> {
  const begun = Promise.withResolvers<MonitorStatus>();
  const ended = Promise.withResolvers<MonitorStatus>();
  let pending: Buffer = Buffer.alloc(0);
  let last: MonitorStatus | undefined;
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (; pending.byteLength >= STATUS_BYTES; pending = pending.subarray(STATUS_BYTES)) {
      last = parseStatus(pending);
      first.resolve();
      if (last.state !== "waiting") begun.resolve(last);
      if (last.state === "exited" || last.state === "not-started") ended.resolve(last);
    }
  });
  whenOver(socket, () => {
    socket.destroy();
    first.reject(new EngineError("unavailable", "The monitor went away"));
    if (last === undefined) return;
    begun.resolve(last);
    ended.resolve(last);
  });
  return { begun: begun.promise, ended: ended.promise };
}

/** When nothing more comes: a monitor that is killed while one asks it for something closes without an end. */
function whenOver(socket: Socket, act: () => void): void {
  if (socket.destroyed) act();
  else socket.once("end", act).once("close", act);
}

function parseStatus(bytes: Buffer): MonitorStatus {
  return {
    state: STATES[bytes.readUInt32LE(0)] ?? "waiting",
    pid: bytes.readInt32LE(4),
    exitCode: bytes.readInt32LE(8),
    signal: bytes.readInt32LE(12),
    startedAtNs: bytes.readBigUInt64LE(16),
    finishedAtNs: bytes.readBigUInt64LE(24),
  };
}
