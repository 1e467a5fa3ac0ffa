import type { SeccompArchitecture } from "./seccomp-arch.ts";
import {
  isPermissive,
  returnValue,
  type SeccompCondition,
  type SeccompFilter,
  type SeccompFilterRule,
} from "./seccomp-model.ts";
import { findMuxedCall, type MuxedCall } from "./seccomp-mux.ts";
import { type SyscallAbi, syscallNumbers } from "./syscall-table.ts";

/** What happens to a call: always one value, or that of the first whose conditions all hold. */
export type Decision = number | readonly ConditionalValue[];

/** A value to return if all conditions hold. */
export interface ConditionalValue {
  readonly conditions: readonly SeccompCondition[];
  readonly value: number;
}

type Entries = readonly ConditionalValue[];

/** A filter's decisions for one architecture. */
export interface Decisions {
  readonly byNumber: ReadonlyMap<number, Decision>;
  /** The largest number of a call that the filter names, whatever it says about it; -1: it names none. */
  readonly largest: number;
}

// Arm's own calls stand far above the common ones, and do not tell how new a filter is.
const ARM_PRIVATE = 0x0f_0000;

/** Looks up the names of a filter. Those that the architecture does not have are skipped, as in runc. */
export function decide(filter: SeccompFilter, { abi }: SeccompArchitecture): Decisions {
  const numbers = syscallNumbers(abi);
  const fallback = returnValue(filter.defaultAction, filter.defaultErrnoRet);
  const byNumber = new Map<number, Decision>();
  let largest = -1;

  for (const rule of filter.syscalls ?? []) {
    // A rule that says what the default says is none: it must not hide one that says otherwise.
    const entries = alternatives(rule).filter(({ value }) => value !== fallback);
    for (const name of rule.names) {
      const number = numbers.get(name) ?? -1;
      if (!isPrivate(abi, number)) largest = Math.max(largest, number);
      if (number >= 0) add(byNumber, number, entries);
      addMuxed(byNumber, { rule, entries, call: findMuxedCall(abi, name) });
    }
  }
  return { byNumber, largest };
}

/** Conditions on one argument are alternatives to each other, as in runc: libseccomp takes only one. */
function alternatives({ action, errnoRet, args = [] }: SeccompFilterRule): ConditionalValue[] {
  const value = returnValue(action, errnoRet);
  const indexes = new Set(args.map(({ index }) => index));
  if (indexes.size === args.length) return [{ conditions: args, value }];
  return args.map((condition) => ({ conditions: [condition], value }));
}

/** The conditions cannot be checked there, so what they allow is not, and what they forbid is. */
function addMuxed(
  byNumber: Map<number, Decision>,
  {
    rule,
    entries,
    call,
  }: { rule: SeccompFilterRule; entries: Entries; call: MuxedCall | undefined },
): void {
  const isConditional = (rule.args ?? []).length > 0;
  if (call === undefined || (isConditional && isPermissive(rule.action))) return;
  const isSelected = { index: 0, value: call.selector, op: "SCMP_CMP_EQ" } as const;
  const muxed = entries.slice(0, 1).map(({ value }) => ({ conditions: [isSelected], value }));
  add(byNumber, call.number, muxed);
}

function add(byNumber: Map<number, Decision>, number: number, entries: Entries): void {
  for (const entry of entries) {
    const known = byNumber.get(number) ?? [];
    if (typeof known === "number") return;
    byNumber.set(number, entry.conditions.length === 0 ? entry.value : [...known, entry]);
  }
}

function isPrivate(abi: SyscallAbi, number: number): boolean {
  return abi === "arm" && number >= ARM_PRIVATE;
}
