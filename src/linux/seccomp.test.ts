import { describe, expect, test } from "bun:test";
import { interpret } from "../../test/support/bpf-interpreter.ts";
import { compileSeccomp } from "./seccomp.ts";
import { parseArchitecture } from "./seccomp-arch.ts";
import type { SeccompCondition, SeccompFilter } from "./seccomp-model.ts";

const X86_64 = 0xc000003e;
const X86 = 0x40000003;
const ARM = 0x40000028;
const AARCH64 = 0xc00000b7;

const KILL_THREAD = 0;
const EPERM = 0x50001;
const ENOSYS = 0x50026;
const ALLOW = 0x7fff0000;

const deny: SeccompFilter = { defaultAction: "SCMP_ACT_ERRNO" };

function allow(name: string, ...args: SeccompCondition[]): SeccompFilter {
  // The last of the numbers below keeps ENOSYS out of the way.
  const last = { names: ["file_setattr"], action: "SCMP_ACT_ALLOW" } as const;
  return { ...deny, syscalls: [{ names: [name], action: "SCMP_ACT_ALLOW", args }, last] };
}

describe("a call", () => {
  const filter = {
    ...deny,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [{ names: ["read", "no_such_call", "getpid"], action: "SCMP_ACT_ALLOW" }],
  } as const;

  test.each([
    { what: "has its rule's action", machine: X86_64, number: 0, value: ALLOW },
    { what: "has its rule's action by its name on x86", machine: X86, number: 3, value: ALLOW },
    {
      what: "has its rule's action by its name on x32",
      machine: X86_64,
      number: 0x40000000,
      value: ALLOW,
    },
    { what: "without a rule has the default action", machine: X86_64, number: 1, value: EPERM },
    {
      what: "after the last one that the filter names does not exist",
      machine: X86_64,
      number: 40,
      value: ENOSYS,
    },
    {
      what: "after the last one does not exist on x86 either",
      machine: X86,
      number: 21,
      value: ENOSYS,
    },
    {
      what: "after the last one does not exist on x32 either",
      machine: X86_64,
      number: 0x40000000 + 40,
      value: ENOSYS,
    },
    { what: "of another machine kills", machine: AARCH64, number: 63, value: KILL_THREAD },
  ])("$what", ({ machine, number, value }) => {
    expect(decide(filter, { machine, number })).toBe(value);
  });

  test("of x32 kills where the filter does not speak of x32, unless a tracer skips it", () => {
    expect(decide(allow("read"), { number: 0x40000000 })).toBe(KILL_THREAD);
    expect(decide(allow("read"), { number: 0xffffffff })).toBe(EPERM);
  });

  test("newer than the filter is allowed where all are", () => {
    const filter: SeccompFilter = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule("read")] };

    expect(decide(filter, { number: 500 })).toBe(ALLOW);
  });

  test("newer than the filter gets the default action where the filter names no call", () => {
    expect(decide(deny, { number: 500 })).toBe(EPERM);
  });

  test("of arm itself does not hide that others are newer than the filter", () => {
    const filter: SeccompFilter = {
      ...deny,
      architectures: ["SCMP_ARCH_ARM"],
      syscalls: [{ names: ["set_tls", "clone3"], action: "SCMP_ACT_ALLOW" }],
    };
    const machine = ARM;

    expect(decide(filter, { machine, number: 0xf0005 })).toBe(ALLOW);
    expect(decide(filter, { machine, number: 436 })).toBe(ENOSYS);
    expect(decide(filter, { machine, number: 434 })).toBe(EPERM);
  });
});

describe("of several rules for a call", () => {
  test.each([
    {
      what: "the first without conditions wins",
      syscalls: [rule("read", 1), rule("read", 2)],
      value: 1,
    },
    { what: "one without conditions wins", syscalls: [when(1, 0n), rule("read", 2)], value: 2 },
    {
      what: "the first whose conditions hold wins",
      syscalls: [when(1, 0n), when(2, 0n)],
      value: 1,
    },
    { what: "the next is tried if they do not", syscalls: [when(1, 1n), when(2, 0n)], value: 2 },
    { what: "the default's own is none", syscalls: [rule("read", 9), rule("read", 2)], value: 2 },
  ])("$what", ({ syscalls, value }) => {
    const filter = { ...deny, defaultErrnoRet: 9, syscalls };

    expect(decide(filter, { number: 0 })).toBe(0x50000 | value);
  });

  function when(errnoRet: number, value: bigint) {
    return { ...rule("read", errnoRet), args: [{ index: 0, op: "SCMP_CMP_EQ", value }] } as const;
  }
});

test("conditions on different arguments must all hold", () => {
  const filter = allow("read", isEqual(0, 1), isEqual(5, 2));

  expect(decide(filter, { args: [1n, 0n, 0n, 0n, 0n, 2n] })).toBe(ALLOW);
  expect(decide(filter, { args: [1n] })).toBe(EPERM);
  expect(decide(filter, { args: [0n, 0n, 0n, 0n, 0n, 2n] })).toBe(EPERM);
});

test("of conditions on one argument, one must hold", () => {
  const filter = allow("read", isEqual(0, 1), isEqual(0, 2));

  expect([0n, 1n, 2n, 3n].map((arg) => decide(filter, { args: [arg] }) === ALLOW)).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

describe("a call that 32-bit x86 also makes through socketcall or ipc", () => {
  const x86 = { architectures: ["SCMP_ARCH_X86"] };

  test.each([
    ["connect", 102, 3],
    ["accept", 102, 5],
    ["sendmmsg", 102, 20],
    ["semop", 117, 1],
    ["shmctl", 117, 24],
  ])("%s has its action there too", (name, number, selector) => {
    const filter = { ...allow(name), ...x86 };

    expect(decide(filter, { machine: X86, number, args: [BigInt(selector)] })).toBe(ALLOW);
    expect(decide(filter, { machine: X86, number, args: [99n] })).toBe(EPERM);
  });

  test("is not allowed there if conditions cannot be checked", () => {
    const filter = { ...allow("socket", isEqual(0, 1)), ...x86 };

    expect(decide(filter, { machine: X86, number: 359, args: [1n] })).toBe(ALLOW);
    expect(decide(filter, { machine: X86, number: 102, args: [1n] })).toBe(EPERM);
  });

  test("is forbidden there even if conditions cannot be checked", () => {
    const socket = { ...rule("socket"), args: [isEqual(0, 40)] };
    const filter = { ...x86, defaultAction: "SCMP_ACT_ALLOW", syscalls: [socket] } as const;

    expect(decide(filter, { machine: X86, number: 359, args: [1n] })).toBe(ALLOW);
    expect(decide(filter, { machine: X86, number: 102, args: [1n] })).toBe(EPERM);
    expect(decide(filter, { machine: X86, number: 102, args: [2n] })).toBe(ALLOW);
  });
});

test.each([
  ["SCMP_ACT_KILL", undefined, 0],
  ["SCMP_ACT_KILL_THREAD", undefined, 0],
  ["SCMP_ACT_KILL_PROCESS", undefined, 0x80000000],
  ["SCMP_ACT_TRAP", undefined, 0x30000],
  ["SCMP_ACT_ERRNO", undefined, 0x50001],
  ["SCMP_ACT_ERRNO", 0, 0x50000],
  ["SCMP_ACT_ERRNO", 4095, 0x50fff],
  ["SCMP_ACT_TRACE", undefined, 0x7ff00001],
  ["SCMP_ACT_TRACE", 0xffff, 0x7ff0ffff],
  ["SCMP_ACT_LOG", undefined, 0x7ffc0000],
  ["SCMP_ACT_ALLOW", undefined, 0x7fff0000],
] as const)("%s with errno %p is 0x%x", (action, errnoRet, value) => {
  const numbered = errnoRet === undefined ? {} : { errnoRet };
  const { errnoRet: _, ...plain } = rule("read");
  const syscalls = [{ ...plain, action, ...numbered }];

  expect(decide({ ...deny, defaultErrnoRet: 99, syscalls }, { number: 0 })).toBe(value);
});

test.each([
  [
    { ...deny, architectures: ["SCMP_ARCH_MIPS"] },
    'Cannot filter for architecture "SCMP_ARCH_MIPS"',
  ],
  [
    { ...deny, flags: ["SECCOMP_FILTER_FLAG_X"] },
    'Cannot set seccomp flag "SECCOMP_FILTER_FLAG_X"',
  ],
  [{ ...deny, defaultErrnoRet: 65536 }, "Cannot use 65536 as seccomp errno"],
  [
    { defaultAction: "SCMP_ACT_ALLOW", defaultErrnoRet: 1 },
    "Cannot give seccomp action SCMP_ACT_ALLOW",
  ],
  [allow("read", isEqual(6, 0)), "Cannot compare system call argument 6"],
  [allow("read", isEqual(-1, 0)), "Cannot compare system call argument -1"],
  [allow("read", isEqual(0, -1)), "Cannot compare a system call argument with -1"],
  [allow("read", isEqual(0, 1.5)), "Cannot compare a system call argument with 1.5"],
  [
    allow("read", isEqual(0, 2n ** 64n)),
    "Cannot compare a system call argument with 18446744073709551616",
  ],
] as const)("it refuses %#", (filter, message) => {
  expect(() => compileSeccomp(filter)).toThrow(message);
});

test("a filter that the kernel would refuse for its length is refused", () => {
  const args = (value: number) => [isEqual(0, value)];
  const syscalls = Array.from({ length: 3000 }, (_, value) => ({
    ...rule("read"),
    args: args(value),
  }));

  expect(() => compileSeccomp({ defaultAction: "SCMP_ACT_ALLOW", syscalls })).toThrow(
    "instructions, and the kernel takes 4096",
  );
});

test("flags are those of seccomp(2); all threads get the filter anyway", () => {
  const flags = (...names: string[]) =>
    compileSeccomp({ ...deny, flags: names.map((name) => `SECCOMP_FILTER_FLAG_${name}`) }).flags;

  expect([flags(), flags("TSYNC"), flags("LOG"), flags("LOG", "SPEC_ALLOW")]).toEqual([0, 0, 2, 6]);
});

function rule(name: string, errnoRet = 1) {
  return { names: [name], action: "SCMP_ACT_ERRNO", errnoRet } as const;
}

function isEqual(index: number, value: number | bigint): SeccompCondition {
  return { index, op: "SCMP_CMP_EQ", value };
}

function decide(
  filter: SeccompFilter,
  { machine = X86_64, number = 0, args = [] as bigint[] },
): number {
  const { instructions } = compileSeccomp(filter, parseArchitecture("SCMP_ARCH_X86_64"));
  const padded = Array.from({ length: 6 }, (_, index) => args[index] ?? 0n);
  return interpret(instructions, { machine, number, args: padded }).value;
}
