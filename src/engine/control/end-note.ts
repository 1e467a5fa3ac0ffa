import { signalName } from "../../linux/signal.ts";
import type { ExitRecord } from "../../runtime/model.ts";
import type { Container, SentSignal } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";

/** What is kept of how a container ended, or did not start: more than its state shows. */
export interface EndNote {
  readonly kind: "not-started" | "ended" | "lost";
  /** 0: the program ended by itself. */
  readonly signal: number;
  /** What the daemon sent it, on whose order. */
  readonly sent: readonly SentSignal[];
  readonly memory: ExitRecord["memory"];
  readonly missing?: { readonly library: string; readonly neededBy: string };
}

/** Of a container that could not be started. */
export const NOT_STARTED: EndNote = { kind: "not-started", signal: 0, sent: [], memory: {} };

/** Of one that ended while no daemon was there, and left no record. */
export const LOST: EndNote = { ...NOT_STARTED, kind: "lost" };

/** Docker's number for a start that failed for another reason than the program. */
export const OTHER_FAILURE = 128;

const NOT_FOUND = 127;

/** Notes how a container ended, and looks for what is missing where that may be the reason. */
export async function noteEnd(
  context: Context,
  container: Container,
  exit: ExitRecord,
): Promise<EndNote> {
  const { signal, memory, exitCode } = exit;
  const { effective, config } = container.record;
  const note: EndNote = { kind: "ended", signal, sent: container.sentSignals, memory };
  if (exitCode !== NOT_FOUND || config.host.autoRemove) return note;
  const { path, workingDir, env } = effective;
  const missing = await context.runtime.findMissingLibrary(container.root, {
    path,
    workingDir,
    env,
  });
  return missing === undefined ? note : { ...note, missing };
}

/** What `State.Error` says of an end that nobody asked for; empty where the exit code says it all. */
export function errorOf({ signal, sent, missing, memory }: EndNote, oomKilled: boolean): string {
  if (missing !== undefined) {
    return `${missing.neededBy} needs the library ${missing.library}, and it is not there`;
  }
  if (oomKilled) return `killed for want of memory${describeMemory(memory)}`;
  if (signal === 0 || sent.some((each) => each.signal === signal)) return "";
  return `killed by ${signalName(signal)}`;
}

/** What could be used and what was, in words that follow a sentence. */
export function describeMemory({ limitBytes, peakBytes }: EndNote["memory"]): string {
  const parts = [
    ...(limitBytes === undefined ? [] : [`limit ${mebibytes(limitBytes)}`]),
    ...(peakBytes === undefined ? [] : [`peak ${mebibytes(peakBytes)}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;
}
