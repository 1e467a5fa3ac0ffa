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
}

/**
 * Measures contenders in turns, so that a busy moment of the machine hits all alike. The first round
 * is thrown away: it fills caches. One that fails is left out, with its reason told.
 */
export async function measure(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Samples[]> {
  const values = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [contender, taken] of values) {
      const value = await tryOnce(contender);
      if (value === undefined) values.delete(contender);
      else if (round >= 0) taken.push(value);
    }
  }
  return [...values].map(([{ name }, taken]) => ({ name, values: taken }));
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

async function tryOnce(contender: Contender): Promise<number | undefined> {
  try {
    return await contender.once();
  } catch (error) {
    console.error(
      `  ${contender.name} is left out: ${error instanceof Error ? error.message : error}`,
    );
    return undefined;
  }
}
