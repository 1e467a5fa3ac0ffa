import { readFileSync } from "node:fs";
import { errnoOf } from "../linux/syscall.ts";
import type { MonitorStatus } from "./monitor.ts";

/** What a monitor wrote about the end of its program, which outlives it. */
export function readExitRecord(runPrefix: string): MonitorStatus | undefined {
  let text: string;
  try {
    text = readFileSync(`${runPrefix}.exit`, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  const record: ExitFile = JSON.parse(text);
  return {
    state: record.started ? "exited" : "not-started",
    pid: record.pid,
    exitCode: record.exitCode,
    signal: record.signal,
    startedAtNs: BigInt(record.startedAtNs),
    finishedAtNs: BigInt(record.finishedAtNs),
  };
}

/** As record_end() of init/monitor.c writes it; nanoseconds are texts, for a number cannot hold them. */
interface ExitFile {
  readonly started: boolean;
  readonly pid: number;
  readonly exitCode: number;
  readonly signal: number;
  readonly startedAtNs: string;
  readonly finishedAtNs: string;
}
