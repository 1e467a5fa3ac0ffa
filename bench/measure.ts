/** One thing to measure: what it is called, and how to do it once. */
export interface Contender {
  readonly name: string;
  /** Does it once and returns what was measured, in the case's unit. */
  once(): Promise<number>;
}

/** The measurements of one contender. */
export interface Samples {
  readonly name: string;
  readonly values: readonly number[];
  /** Why there are no values. */
  readonly leftOut?: string;
}

/**
 * Measures contenders in turns, so that a busy moment of the machine hits all alike. A first round is
 * thrown away where it would only fill caches. One that fails once is left out from there on.
 */
export async function measure(
  contenders: readonly Contender[],
  { rounds, isCold }: { readonly rounds: number; readonly isCold: boolean },
): Promise<readonly Samples[]> {
  const runs = contenders.map(({ name, once }) => ({
    name,
    once,
    values: [] as number[],
    failed: "",
  }));
  for (let round = isCold ? 0 : -1; round < rounds; round += 1) {
    for (const run of runs.filter(({ failed }) => failed === "")) {
      try {
        const value = await run.once();
        if (round >= 0) run.values.push(value);
      } catch (error) {
        run.failed = lastLine(error);
      }
    }
  }
  return runs.map(({ name, values, failed }) =>
    failed === "" ? { name, values } : { name, values: [], leftOut: failed },
  );
}

/** Milliseconds that something takes. */
export async function millisecondsOf(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

/** A program's last line says why it failed; those before it say where. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split("\n").pop() ?? "";
}
