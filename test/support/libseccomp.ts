// The classic engines' seccomp compiler, as the oracle for ours.

import { dlopen, FFIType } from "bun:ffi";
import { closeSync, fstatSync, readSync } from "node:fs";
import type { SeccompCondition, SeccompFilter } from "../../src/linux/seccomp-model.ts";
import { syscall } from "../../src/linux/syscall.ts";

const { symbols } = dlopen("libseccomp.so.2", {
  seccomp_init: { args: [FFIType.u32], returns: FFIType.ptr },
  seccomp_release: { args: [FFIType.ptr], returns: FFIType.void },
  seccomp_arch_add: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  seccomp_arch_remove: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
  seccomp_arch_native: { args: [], returns: FFIType.u32 },
  seccomp_syscall_resolve_name: { args: [FFIType.ptr], returns: FFIType.i32 },
  seccomp_syscall_resolve_name_arch: { args: [FFIType.u32, FFIType.ptr], returns: FFIType.i32 },
  seccomp_rule_add_array: {
    args: [FFIType.ptr, FFIType.u32, FFIType.i32, FFIType.u32, FFIType.ptr],
    returns: FFIType.i32,
  },
  seccomp_export_bpf: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
});

/** libseccomp's names for machines: the kernel's, but that x32 has one of its own. */
export const TOKENS: Readonly<Record<string, number>> = {
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X32: 0x4000003e,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_ARM: 0x40000028,
};

const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

const OPERATORS = ["", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"];

const ERROR = -1;

/** What libseccomp makes of a filter for these architectures, the rules added as runc adds them. */
export function compileWithLibseccomp(
  filter: SeccompFilter,
  architectures: readonly string[],
): Uint8Array {
  const context = symbols.seccomp_init(actionOf(filter.defaultAction, filter.defaultErrnoRet));
  if (context === null) throw new Error("seccomp_init failed");
  try {
    setArchitectures(context, architectures);
    for (const rule of runcRules(filter)) {
      const memory = encodeConditions(rule.conditions);
      const { value, number, conditions } = rule;
      ignoreExisting(
        symbols.seccomp_rule_add_array(context, value, number, conditions.length, memory),
      );
    }
    return exportProgram(context);
  } finally {
    symbols.seccomp_release(context);
  }
}

type Context = NonNullable<ReturnType<typeof symbols.seccomp_init>>;

function setArchitectures(context: Context, names: readonly string[]): void {
  for (const name of names) ignoreExisting(symbols.seccomp_arch_add(context, TOKENS[name] ?? 0));
  if (names.includes("SCMP_ARCH_X86_64")) return;
  check(symbols.seccomp_arch_remove(context, symbols.seccomp_arch_native()), "arch_remove");
}

/** runc skips rules that say what the default says, and splits conditions on one argument. */
function runcRules({ defaultAction, defaultErrnoRet, syscalls = [] }: SeccompFilter) {
  const fallback = actionOf(defaultAction, defaultErrnoRet);
  return syscalls.flatMap(({ names, action, errnoRet, args = [] }) => {
    const value = actionOf(action, errnoRet);
    const isRepeated = new Set(args.map(({ index }) => index)).size !== args.length;
    const alternatives = isRepeated ? args.map((arg) => [arg]) : [args];
    const numbers = names.map(resolve).filter((number) => number !== ERROR && value !== fallback);
    return numbers.flatMap((number) =>
      alternatives.map((conditions) => ({ value, number, conditions })),
    );
  });
}

/** A call's number, or undefined where the architecture has none. */
export function resolveOn(architecture: string, name: string): number | undefined {
  const number = symbols.seccomp_syscall_resolve_name_arch(
    TOKENS[architecture] ?? 0,
    Buffer.from(`${name}\0`),
  );
  return number < 0 ? undefined : number;
}

function resolve(name: string): number {
  return symbols.seccomp_syscall_resolve_name(Buffer.from(`${name}\0`));
}

function actionOf(name: string, errno: number | undefined): number {
  const value = ACTIONS[name] ?? 0;
  const carries = name === "SCMP_ACT_ERRNO" || name === "SCMP_ACT_TRACE";
  return (carries ? value | (errno ?? 1) : value) >>> 0;
}

function encodeConditions(conditions: readonly SeccompCondition[]) {
  const memory = new BigUint64Array(Math.max(1, conditions.length) * 3);
  for (const [at, { index, op, value, valueTwo }] of conditions.entries()) {
    const operator = OPERATORS.indexOf(op.replace("SCMP_CMP_", ""));
    memory[at * 3] = BigInt(index) | (BigInt(operator) << 32n);
    memory[at * 3 + 1] = BigInt(value);
    memory[at * 3 + 2] = BigInt(valueTwo ?? 0);
  }
  return memory;
}

function exportProgram(context: NonNullable<ReturnType<typeof symbols.seccomp_init>>): Uint8Array {
  const fd = syscall("memfd_create", { args: ["seccomp-oracle", 1] });
  try {
    check(symbols.seccomp_export_bpf(context, fd), "export_bpf");
    const program = new Uint8Array(fstatSync(fd).size);
    readSync(fd, program, 0, program.length, 0);
    return program;
  } finally {
    closeSync(fd);
  }
}

const EEXIST = 17;

function ignoreExisting(result: number): void {
  if (result !== -EEXIST) check(result, "add");
}

function check(result: number, what: string): void {
  if (result < 0) throw new Error(`libseccomp: ${what}: errno ${-result}`);
}
