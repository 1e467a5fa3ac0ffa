import type { ExplainedPlan } from "../base/explained-plan.ts";
import { errnoName } from "../linux/syscall.ts";
import { PHASES, type Phase } from "./phases.ts";
import type { Step } from "./step.ts";
import type { InitFailure, InitTrace } from "./sync-pipe.ts";

/** Takes the time of each phase of one start. */
export class Stopwatch {
  readonly #took = new Map<Phase, number>();
  #since = Bun.nanoseconds();

  /** What passed since the last call belongs to this phase. */
  lap(phase: Phase): void {
    const now = Bun.nanoseconds();
    this.#took.set(phase, (this.#took.get(phase) ?? 0) + now - this.#since);
    this.#since = now;
  }

  tookNs(phase: Phase): number | undefined {
    return this.#took.get(phase);
  }
}

/** What is known of a start, whether it came to an end or not. */
export interface StartRecord {
  readonly containerId: string;
  /** What each phase does, in words. */
  readonly phases: Readonly<Record<Phase, string>>;
  readonly steps: readonly Step[];
  readonly stopwatch?: Stopwatch;
  readonly trace?: InitTrace;
  readonly failure?: InitFailure;
  readonly pids?: { readonly outside: number; readonly inside: number };
  readonly namespaces?: Readonly<Record<string, number>>;
}

/** Tells a start to people: what is done on the host, and what init does, step by step. */
export function toExplainedPlan(record: StartRecord): ExplainedPlan {
  const { containerId, phases, steps, stopwatch, trace, failure, pids, namespaces } = record;
  return {
    containerId,
    phases: PHASES.map((name) => ({
      name,
      what: phases[name],
      ...optional("tookNs", stopwatch?.tookNs(name)),
    })),
    steps: steps.map(({ op, what, why }, index) => ({
      index,
      op,
      what,
      why,
      ...optional("tookNs", trace?.stepsNs[index]),
    })),
    ...optional("pids", pids),
    ...optional("namespaces", namespaces),
    ...optional("failed", failure === undefined ? undefined : tellFailure(failure)),
  };
}

function tellFailure({ step, errno, text }: InitFailure) {
  return { step, error: text === "" ? errnoName(errno) : `${errnoName(errno)} (${text})` };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined) {
  return (value === undefined ? {} : { [key]: value }) as { [name in Key]?: Value };
}
