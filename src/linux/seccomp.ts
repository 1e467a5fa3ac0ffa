// From a seccomp filter in the words of the OCI runtime specification to the program that the kernel
// runs at each system call. What the words mean is what libseccomp and runc make of them.

import { EngineError } from "../base/errors.ts";
import { BPF, encodeProgram, type Label, MAX_INSTRUCTIONS, ProgramBuilder } from "./bpf.ts";
import {
  nativeArchitecture,
  parseArchitecture,
  type SeccompArchitecture,
  X32_BIT,
} from "./seccomp-arch.ts";
import { type Compilation, placeCalls } from "./seccomp-calls.ts";
import { checkCondition } from "./seccomp-condition.ts";
import { BAD_ARCHITECTURE, returnValue, type SeccompFilter } from "./seccomp-model.ts";

/** What seccomp(2) takes to set a filter. */
export interface SeccompProgram {
  /** `struct sock_filter[]` */
  readonly instructions: Uint8Array;
  /** SECCOMP_FILTER_FLAG_* */
  readonly flags: number;
}

// struct seccomp_data: the call's number, then the machine that it is made on.
const NUMBER = 0;
const MACHINE = 4;

// A tracer skips a call by this number, and a filter must not kill it for that.
const SKIPPED_CALL = 0xffff_ffff;

const FLAGS: ReadonlyMap<string, number> = new Map([
  // All threads get the filter anyway: it is set when there is only one.
  ["SECCOMP_FILTER_FLAG_TSYNC", 0],
  ["SECCOMP_FILTER_FLAG_LOG", 2],
  ["SECCOMP_FILTER_FLAG_SPEC_ALLOW", 4],
]);

/** Makes the program of a filter, for the machine's own architecture and those that the filter names. */
export function compileSeccomp(
  filter: SeccompFilter,
  native: SeccompArchitecture = nativeArchitecture(),
): SeccompProgram {
  for (const { args = [] } of filter.syscalls ?? []) args.forEach(checkCondition);
  const fallback = returnValue(filter.defaultAction, filter.defaultErrnoRet);
  const compilation = { builder: new ProgramBuilder(), filter, fallback };
  const others = (filter.architectures ?? []).map(parseArchitecture);

  const program = compilation.builder.build(placeMachines([native, ...others], compilation));
  if (program.length > MAX_INSTRUCTIONS) {
    const size = `${program.length} instructions, and the kernel takes ${MAX_INSTRUCTIONS}`;
    throw new EngineError("invalid", `Cannot use the seccomp filter: it needs ${size}`);
  }
  return { instructions: encodeProgram(program), flags: encodeFlags(filter.flags ?? []) };
}

function encodeFlags(names: readonly string[]): number {
  return names.reduce((flags, name) => {
    const flag = FLAGS.get(name);
    if (flag !== undefined) return flags | flag;
    throw new EngineError("invalid", `Cannot set seccomp flag "${name}": it is not known`);
  }, 0);
}

/** The native machine comes first in the list, is tested first, and so is placed last. */
function placeMachines(
  architectures: readonly SeccompArchitecture[],
  compilation: Compilation,
): Label {
  const { builder } = compilation;
  const machines = Map.groupBy(architectures, ({ audit }) => audit);
  let next = builder.return(BAD_ARCHITECTURE);
  for (const [audit, members] of [...machines].reverse()) {
    const calls = builder.load(NUMBER, placeMachine(members, compilation));
    next = builder.branch({ code: BPF.JUMP_EQ, operand: audit }, calls, next);
  }
  return builder.load(MACHINE, next);
}

/** x86_64 and x32 are one machine to the kernel, and differ by a bit of the call's number. */
function placeMachine(members: readonly SeccompArchitecture[], compilation: Compilation): Label {
  const { builder, fallback } = compilation;
  const x32 = members.find(({ abi }) => abi === "x32");
  const plain = members.find(({ abi }) => abi !== "x32");
  const bad = builder.return(BAD_ARCHITECTURE);
  if (plain !== undefined && plain.abi !== "x86_64") return placeCalls(plain, compilation);

  const skipped = { code: BPF.JUMP_EQ, operand: SKIPPED_CALL };
  const high =
    x32 === undefined
      ? builder.branch(skipped, builder.return(fallback), bad)
      : placeCalls(x32, compilation);
  const low = plain === undefined ? bad : placeCalls(plain, compilation);
  return builder.branch({ code: BPF.JUMP_GE, operand: X32_BIT }, high, low);
}
