import { EngineError } from "../base/errors.ts";
import { listMounts } from "../store/check/check-leftovers.ts";
import { CHECKS } from "../store/check/checks.ts";
import type { CheckContext, Finding } from "../store/check/finding.ts";
import type { Store } from "../store/store.ts";
import type { CheckEvent, CheckOptions } from "./system-facade.ts";

/** Looks through all that is stored, one check after the other, beside all other work. */
export class SystemCheck {
  readonly #context: Omit<CheckContext, "isDeep">;
  #isRunning = false;

  constructor(context: Omit<CheckContext, "isDeep">) {
    this.#context = context;
  }

  /** Checks first that no other one runs: two would mend the same things. */
  start(options: CheckOptions): AsyncIterable<CheckEvent> {
    this.#refuseSecond();
    return this.#run(options);
  }

  async *#run({ isDeep, repairs }: CheckOptions): AsyncGenerator<CheckEvent> {
    // Two may have been started before the first was asked for a line.
    this.#refuseSecond();
    this.#isRunning = true;
    let [findings, mended] = [0, 0];
    try {
      for (const [subject, check] of CHECKS) {
        yield { kind: "status", text: `Checking ${subject}` };
        for await (const finding of check({ ...this.#context, isDeep })) {
          const shown = repairs ? await mend(finding) : withoutMend(finding, false);
          findings += 1;
          mended += shown.mended ? 1 : 0;
          yield { kind: "finding", finding: shown };
        }
      }
      yield { kind: "summary", counts: countAll(this.#context.store), findings, mended };
    } finally {
      this.#isRunning = false;
    }
  }

  #refuseSecond(): void {
    if (this.#isRunning) throw new EngineError("conflict", "a check is already running");
  }
}

/** What cannot be mended is told of with why, and is no end of the check. */
async function mend(finding: Finding) {
  try {
    return withoutMend(finding, (await finding.mend?.()) ?? false);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = `${finding.remedy} (it could not be mended: ${why})`;
    return { ...withoutMend(finding, false), remedy };
  }
}

function withoutMend({ kind, subject, problem, remedy }: Finding, mended: boolean) {
  return { kind, subject, problem, remedy, mended };
}

function countAll(store: Store) {
  return {
    blobs: store.blobs.list().length,
    layers: store.layers.list().length,
    images: store.images.list().length,
    snapshots: store.containers.listImages().length,
    mounts: listMounts(store.dataRoot).length,
  };
}
