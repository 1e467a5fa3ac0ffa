/** Numbers that look random and are the same in every run: a failure can be seen again. */
export interface Random {
  /** From 0 up to but without the limit. */
  below(limit: number): number;
  pick<Value>(values: readonly Value[]): Value;
  shuffle<Value>(values: readonly Value[]): Value[];
}

/** A source of numbers for this seed: the linear congruence of Numerical Recipes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The upper bits are the better ones.
    return Math.floor((state / 2 ** 32) * limit);
  };
  const pick = <Value>(values: readonly Value[]): Value => {
    const value = values[below(values.length)];
    if (value === undefined) throw new RangeError("there is nothing to pick from");
    return value;
  };
  const shuffle = <Value>(values: readonly Value[]): Value[] => {
    const rest = [...values];
    return values.flatMap(() => rest.splice(below(rest.length), 1));
  };
  return { below, pick, shuffle };
}
