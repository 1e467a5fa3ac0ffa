import type { ByteStream } from "../../client/api-transport.ts";
import type { ContainerApi } from "../../client/containers.ts";
import type { ExitStatus } from "../../client/wire.ts";
import { CommandError } from "../command.ts";
import type { Io } from "../io.ts";
import { leaveOnSignal, proxySignals } from "../terminal/proxy-signals.ts";
import { followWindowSize, type SessionEnd, serveSession } from "../terminal/session.ts";
import type { CreateBody } from "./create-body.ts";

export interface AttachedRun {
  readonly containers: ContainerApi;
  readonly id: string;
  readonly body: Pick<CreateBody, "AttachStdin" | "AttachStdout" | "AttachStderr" | "Tty">;
  readonly flags: {
    readonly rm: boolean;
    readonly "sig-proxy": boolean;
    readonly "detach-keys": string;
  };
  readonly checkpoint?: Readonly<Record<string, string>>;
  readonly io: Io;
}

/** Starts a created container with its streams tied to ours, and returns its exit code. */
export async function runAttached(run: AttachedRun): Promise<number> {
  const { containers, id, body, flags, io } = run;
  const kill = (signal: string) => containers.kill(id, signal);
  const proxied = flags["sig-proxy"] && !body.Tty;
  using signals = proxied ? proxySignals(io, kill) : leaveOnSignal(io);
  // Both before start: a program that ends at once must not be missed.
  const [stream, { exit }] = await Promise.all([
    attach(run),
    containers.wait(id, flags.rm ? "removed" : "next-exit"),
  ]);
  const session = stream === undefined ? undefined : serve(stream, run);
  await start(run, { stream, session, exit });
  using _size = body.Tty ? followSize(run) : undefined;
  const end = await Promise.race([signals.forced, session]);
  if (end === "detached") return 0;
  return toExitCode(await Promise.race([signals.forced, exit]));
}

/** The exit code that waiting for a container gave. */
export function toExitCode({ StatusCode, Error: problem }: ExitStatus): number {
  if (problem?.Message)
    throw new CommandError(`Error waiting for container: ${problem.Message}`, 125);
  return StatusCode;
}

async function attach({
  containers,
  id,
  body,
  flags,
}: AttachedRun): Promise<ByteStream | undefined> {
  const streams = {
    stdin: body.AttachStdin,
    stdout: body.AttachStdout,
    stderr: body.AttachStderr,
  };
  if (!Object.values(streams).includes(true)) return undefined;
  return containers.attach(id, { ...streams, detachKeys: flags["detach-keys"] });
}

function serve(stream: ByteStream, { body, flags, io }: AttachedRun): Promise<SessionEnd> {
  const options = {
    tty: body.Tty,
    stdin: body.AttachStdin,
    detachKeys: flags["detach-keys"],
  };
  const session = serveSession(stream, options, io);
  // It is looked at when the container was started.
  session.catch(() => undefined);
  return session;
}

interface Started {
  readonly stream: ByteStream | undefined;
  readonly session: Promise<SessionEnd> | undefined;
  readonly exit: Promise<ExitStatus>;
}

async function start(
  { containers, id, flags, checkpoint }: AttachedRun,
  started: Started,
): Promise<void> {
  try {
    await containers.start(id, checkpoint);
  } catch (error) {
    started.stream?.close();
    await started.session?.catch(() => undefined);
    // The daemon removes it; the next command should not find it any more.
    if (flags.rm) await started.exit.catch(() => undefined);
    throw error;
  }
}

function followSize({ containers, id, io }: AttachedRun): Disposable {
  return followWindowSize(io, (size) => containers.resize(id, size));
}
