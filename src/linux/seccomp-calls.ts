import { BPF, type Label, type ProgramBuilder } from "./bpf.ts";
import type { SeccompArchitecture } from "./seccomp-arch.ts";
import { placeCondition } from "./seccomp-condition.ts";
import {
  isPermissive,
  NO_SUCH_CALL,
  type SeccompCondition,
  type SeccompFilter,
} from "./seccomp-model.ts";
import { type ConditionalValue, type Decision, decide } from "./seccomp-rules.ts";

/** What the parts of one program share. */
export interface Compilation {
  readonly builder: ProgramBuilder;
  readonly filter: SeccompFilter;
  /** What the program returns for a call that no rule matches. */
  readonly fallback: number;
}

/** From this number up to the next range's, calls are decided alike. */
interface Range {
  readonly from: number;
  readonly decision: Decision;
}

/** Places the code that decides about the calls of one architecture; their number is loaded already. */
export function placeCalls(architecture: SeccompArchitecture, compilation: Compilation): Label {
  const { builder } = compilation;
  const placeDecision = (decision: Decision) =>
    typeof decision === "number"
      ? builder.return(decision)
      : placeRules(decision, architecture, compilation);

  /** A binary search: seven tests or so for Docker's profile, in which most neighbours are alike. */
  const placeSearch = (ranges: readonly Range[]): Label => {
    const middle = ranges.length >> 1;
    const split = ranges[middle];
    if (split === undefined) return builder.return(compilation.fallback);
    if (middle === 0) return placeDecision(split.decision);
    const onFalse = placeSearch(ranges.slice(0, middle));
    const onTrue = placeSearch(ranges.slice(middle));
    return builder.branch({ code: BPF.JUMP_GE, operand: split.from }, onTrue, onFalse);
  };
  return placeSearch(findRanges(architecture, compilation));
}

/**
 * A call beyond the last one that the filter knows is answered as by an older kernel. Else a C library
 * that tries a new call first takes the filter's EPERM for an answer. https://github.com/moby/moby/pull/42681
 */
function findRanges(
  architecture: SeccompArchitecture,
  { filter, fallback }: Compilation,
): readonly Range[] {
  const { byNumber, largest } = decide(filter, architecture);
  const newer = isPermissive(filter.defaultAction) || largest < 0 ? fallback : NO_SUCH_CALL;
  const unmatched = (number: number) => (number > largest ? newer : fallback);

  const ranges: Range[] = [{ from: 0, decision: unmatched(0) }];
  const append = (from: number, decision: Decision) => {
    if (ranges.at(-1)?.from === from) ranges.pop();
    if (ranges.at(-1)?.decision !== decision) ranges.push({ from, decision });
  };
  const numbers = new Set([...byNumber.keys(), Math.max(largest, 0)]);
  for (const number of [...numbers].sort((a, b) => a - b)) {
    append(number, byNumber.get(number) ?? unmatched(number));
    append(number + 1, unmatched(number + 1));
  }
  return ranges;
}

/** The rules are tried in their order, the conditions of one until one does not hold. */
function placeRules(
  rules: readonly ConditionalValue[],
  { wide }: SeccompArchitecture,
  { builder, fallback }: Compilation,
): Label {
  return rules.reduceRight((onFalse, { conditions, value }) => {
    const place = (onTrue: Label, condition: SeccompCondition) =>
      placeCondition(condition, { builder, wide, onTrue, onFalse });
    return conditions.reduceRight(place, builder.return(value));
  }, builder.return(fallback));
}
