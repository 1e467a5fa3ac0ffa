import { EngineError } from "../base/errors.ts";
import { BPF, type Label, type ProgramBuilder } from "./bpf.ts";
import { isSeccompOperator, type SeccompCondition } from "./seccomp-model.ts";

/** Where a condition's code goes, and where that leads to. */
export interface ConditionTarget {
  readonly builder: ProgramBuilder;
  /** Arguments have 64 bits; else only the lower 32 of argument and value count, as in libseccomp. */
  readonly wide: boolean;
  readonly onTrue: Label;
  readonly onFalse: Label;
}

// struct seccomp_data: int nr; __u32 arch; __u64 instruction_pointer; __u64 args[6];
const FIRST_ARGUMENT = 16;

const ARGUMENTS = 6;

const ALL_BITS = 0xffff_ffff;

/** One half of an argument, and the same half of what it is compared with. */
interface Half {
  readonly offset: number;
  readonly value: number;
  readonly mask: number;
}

/** Places the code that checks one condition: BPF compares 32 bits at a time. */
export function placeCondition(condition: SeccompCondition, target: ConditionTarget): Label {
  const { low, high } = split(condition);
  const swapped = { ...target, onTrue: target.onFalse, onFalse: target.onTrue };
  switch (condition.op) {
    case "SCMP_CMP_EQ":
    case "SCMP_CMP_MASKED_EQ":
      return placeEqual(low, high, target);
    case "SCMP_CMP_NE":
      return placeEqual(low, high, swapped);
    case "SCMP_CMP_GT":
      return placeGreater(BPF.JUMP_GT, { low, high }, target);
    case "SCMP_CMP_GE":
      return placeGreater(BPF.JUMP_GE, { low, high }, target);
    case "SCMP_CMP_LE":
      return placeGreater(BPF.JUMP_GT, { low, high }, swapped);
    case "SCMP_CMP_LT":
      return placeGreater(BPF.JUMP_GE, { low, high }, swapped);
  }
}

/** Refuses what the specification does not allow in a condition. */
export function checkCondition({ index, op, value, valueTwo = 0 }: SeccompCondition): void {
  if (!Number.isInteger(index) || index < 0 || index >= ARGUMENTS) {
    throw new EngineError("invalid", `Cannot compare system call argument ${index}: want 0 to 5`);
  }
  if (!isSeccompOperator(op)) {
    throw new EngineError("invalid", `Cannot compare a system call argument by "${op}"`);
  }
  for (const number of [value, valueTwo]) {
    if (!isWord(number)) {
      throw new EngineError("invalid", `Cannot compare a system call argument with ${number}`);
    }
  }
}

function isWord(value: number | bigint): boolean {
  if (typeof value === "number" && !Number.isInteger(value)) return false;
  return BigInt.asUintN(64, BigInt(value)) === BigInt(value);
}

function placeEqual(low: Half, high: Half, target: ConditionTarget): Label {
  const lowMatches = placeHalf(low, target);
  return target.wide ? placeHalf(high, { ...target, onTrue: lowMatches }) : lowMatches;
}

function placeHalf({ offset, value, mask }: Half, target: ConditionTarget): Label {
  const { builder, onTrue, onFalse } = target;
  if (mask === 0) return onTrue;
  const compare = builder.branch({ code: BPF.JUMP_EQ, operand: value }, onTrue, onFalse);
  return builder.load(offset, mask === ALL_BITS ? compare : builder.and(mask, compare));
}

/** The high halves decide unless they are equal. */
function placeGreater(
  code: number,
  { low, high }: { readonly low: Half; readonly high: Half },
  { builder, wide, onTrue, onFalse }: ConditionTarget,
): Label {
  const compareLow = builder.branch({ code, operand: low.value }, onTrue, onFalse);
  const loadLow = builder.load(low.offset, compareLow);
  if (!wide) return loadLow;
  const isEqual = builder.branch({ code: BPF.JUMP_EQ, operand: high.value }, loadLow, onFalse);
  const isGreater = builder.branch({ code: BPF.JUMP_GT, operand: high.value }, onTrue, isEqual);
  return builder.load(high.offset, isGreater);
}

function split(condition: SeccompCondition): { readonly low: Half; readonly high: Half } {
  const isMasked = condition.op === "SCMP_CMP_MASKED_EQ";
  const mask = isMasked ? BigInt(condition.value) : -1n;
  // libseccomp(3): the masked argument is compared with the masked value.
  const value = BigInt(isMasked ? (condition.valueTwo ?? 0) : condition.value) & mask;
  const offset = FIRST_ARGUMENT + 8 * condition.index;
  return {
    low: { offset, value: lowWord(value), mask: lowWord(mask) },
    high: { offset: offset + 4, value: lowWord(value >> 32n), mask: lowWord(mask >> 32n) },
  };
}

function lowWord(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}
