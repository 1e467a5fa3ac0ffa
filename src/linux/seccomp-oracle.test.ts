import { describe, expect, test } from "bun:test";
import { interpret } from "../../test/support/bpf-interpreter.ts";
import { compileWithLibseccomp, resolveOn, TOKENS } from "../../test/support/libseccomp.ts";
import { type Random, randomFrom } from "../../test/support/random.ts";
import { compileSeccomp } from "./seccomp.ts";
import { parseArchitecture } from "./seccomp-arch.ts";
import { OPERATORS, type SeccompCondition, type SeccompFilter } from "./seccomp-model.ts";
import { findMuxedCall } from "./seccomp-mux.ts";
import { type SyscallAbi, syscallNumbers } from "./syscall-table.ts";

describe("libseccomp decides alike on", () => {
  const VALUES = [0n, 1n, 2n, 38n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n].concat([
    0x100000001n,
    0xffffffff00000000n,
    0xffffffffffffffffn,
    0x8000000000000000n,
  ]);
  const CALLS = ["read", "personality", "ioctl", "mmap", "getpid", "clone3", "execve"] as const;
  const SETS = [
    ["SCMP_ARCH_X86_64"],
    ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  ] as const;

  test.each(Object.keys(OPERATORS))("%s of every kind of value", (op) => {
    const random = randomFrom(1);
    for (let round = 0; round < 150; round += 1) {
      const architectures = random.pick(SETS);
      const name = random.pick(CALLS);
      const args = random
        .shuffle([0, 1, 2, 3, 4, 5])
        .slice(0, 1 + (round % 3))
        .map((index) => ({
          index,
          op: op as SeccompCondition["op"],
          value: random.pick(VALUES),
          valueTwo: random.pick(VALUES),
        }));
      const filter: SeccompFilter = {
        defaultAction: "SCMP_ACT_LOG",
        architectures,
        syscalls: [{ names: [name], action: "SCMP_ACT_ERRNO", args }],
      };
      compare(filter, name, random);
    }
  });

  /** One name at a time: libseccomp 2.5 itself errs on some sets of rules with conditions. */
  function compare(filter: SeccompFilter, name: string, random: Random) {
    const { architectures = [] } = filter;
    const ours = compileSeccomp(filter, parseArchitecture(architectures[0] ?? "")).instructions;
    const theirs = compileWithLibseccomp(filter, architectures);
    for (const architecture of architectures) {
      const number = resolveOn(architecture, name) ?? 0;
      const machine = machineOf(architecture);
      for (let sample = 0; sample < 20; sample += 1) {
        const args = Array.from(
          { length: 6 },
          () => random.pick(VALUES) + random.pick([0n, 1n, -1n]),
        );
        const input = { machine, number, args };
        expect([input, interpret(ours, input).value]).toEqual([
          input,
          interpret(theirs, input).value,
        ]);
      }
    }
  }
});

test.each(["x86_64", "x86", "x32", "aarch64", "arm"] as const)(
  "the numbers of %s are libseccomp's",
  (abi: SyscallAbi) => {
    // For these libseccomp has numbers of its own, which stand for both ways.
    const isMuxed = (name: string) => findMuxedCall(abi, name) !== undefined;
    const architecture = `SCMP_ARCH_${abi.toUpperCase()}`;
    // From 451 on they are newer than Debian 12's libseccomp, as are two older numbers of x86_64.
    const known = [...syscallNumbers(abi)].filter(
      ([name, number]) => (number & 0xfff) <= 450 && !["uprobe", "uretprobe"].includes(name),
    );

    expect(known.length).toBeGreaterThan(300);
    expect(
      known.filter(([name, number]) => !isMuxed(name) && resolveOn(architecture, name) !== number),
    ).toEqual([]);
  },
);

/** libseccomp tells x32 from x86_64 by this, the kernel does not. */
function machineOf(architecture: string): number {
  return TOKENS[architecture === "SCMP_ARCH_X32" ? "SCMP_ARCH_X86_64" : architecture] ?? 0;
}
