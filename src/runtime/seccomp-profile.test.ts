import { describe, expect, test } from "bun:test";
import { interpret } from "../../test/support/bpf-interpreter.ts";
import { compileWithLibseccomp } from "../../test/support/libseccomp.ts";
import { compileSeccomp } from "../linux/seccomp.ts";
import { parseArchitecture } from "../linux/seccomp-arch.ts";
import { seccompProgram } from "../linux/seccomp-cache.ts";
import type { Seccomp } from "../oci/runtime-spec.ts";
import {
  defaultSeccompProfile,
  type ProfileContext,
  resolveSeccompProfile,
} from "./seccomp-profile.ts";
import { parseSeccompProfile } from "./seccomp-profile-parse.ts";

const host: ProfileContext = { capabilities: [], architecture: "x64", kernel: "6.1.0-13-amd64" };

const ALLOW = 0x7fff0000;
const EPERM = 0x50001;
const ENOSYS = 0x50026;
const X86_64 = 0xc000003e;

describe("Docker's default profile", () => {
  const plain = resolveSeccompProfile(defaultSeccompProfile(), host);

  test.each([
    { what: "allows read", number: 0, args: [], value: ALLOW },
    { what: "refuses mount", number: 165, args: [], value: EPERM },
    {
      what: "says that clone3 does not exist, so that clone is used",
      number: 435,
      args: [],
      value: ENOSYS,
    },
    { what: "says that a call of the future does not exist", number: 600, args: [], value: ENOSYS },
    { what: "allows clone", number: 56, args: [0x11n], value: ALLOW },
    { what: "refuses clone into a user namespace", number: 56, args: [0x10000000n], value: EPERM },
    { what: "allows a socket of IPv6", number: 41, args: [10n], value: ALLOW },
    { what: "refuses one of AF_ALG", number: 41, args: [38n], value: EPERM },
    { what: "refuses one of AF_VSOCK", number: 41, args: [40n], value: EPERM },
    { what: "allows ptrace from 4.8 on", number: 101, args: [], value: ALLOW },
  ])("$what", ({ number, args, value }) => {
    expect(decide(plain, number, args)).toBe(value);
  });

  test("allows more with more capabilities", () => {
    const admin = resolveSeccompProfile(defaultSeccompProfile(), {
      ...host,
      capabilities: ["CAP_SYS_ADMIN"],
    });

    expect(decide(admin, 165)).toBe(ALLOW);
    expect(decide(admin, 435)).toBe(ALLOW);
    expect(decide(admin, 56, [0x10000000n])).toBe(ALLOW);
    expect(decide(admin, 175)).toBe(EPERM);
  });

  test("refuses ptrace before 4.8, where it could get round the filter", () => {
    const old = resolveSeccompProfile(defaultSeccompProfile(), { ...host, kernel: "4.7.9" });

    expect(decide(old, 101)).toBe(EPERM);
  });

  test.each([
    ["x64", ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]],
    ["arm64", ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]],
  ])("is for all that %s runs", (architecture, architectures) => {
    const profile = resolveSeccompProfile(defaultSeccompProfile(), { ...host, architecture });

    expect(profile.architectures).toEqual(architectures);
  });

  test.each(["x64", "arm64"])("means on %s what libseccomp makes of it", (architecture) => {
    const seccomp = resolveSeccompProfile(defaultSeccompProfile(), { ...host, architecture });
    const { architectures = [] } = seccomp;
    const ours = compileSeccomp(seccomp, parseArchitecture(architectures[0] ?? "")).instructions;
    const theirs = compileWithLibseccomp(seccomp, architectures);
    const args = [0n, 8n, 38n, 40n, 0x20008n, 0xffffffffn, 0x100000028n, 0x10000000n];
    const machines = [0xc000003e, 0x40000003, 0xc00000b7, 0x40000028, 0xc0000015];
    // Debian 12's libseccomp knows the numbers up to 450, without 335; ENOSYS is runc's, not libseccomp's.
    const numbers = Array.from({ length: 451 }, (_, number) => number).filter(
      (number) => number !== 335,
    );
    const inputs = machines
      .flatMap((machine) => numbers.map((number) => ({ machine, number })))
      .flatMap((call) => [call, { ...call, number: call.number + 0x40000000 }])
      .flatMap((call) => args.map((arg) => ({ ...call, args: [arg, arg, 0n, 0n, 0n, 0n] })));
    const differing = inputs.filter((input) => {
      return interpret(ours, input).value !== interpret(theirs, input).value;
    });

    expect(differing.filter((input) => interpret(ours, input).value !== ENOSYS)).toEqual([]);
  });

  test("decides a common call in a dozen steps", () => {
    const { instructions } = compileSeccomp(plain, parseArchitecture("SCMP_ARCH_X86_64"));
    const steps = [0, 1, 3, 9, 202, 232, 257].map((number) => {
      return interpret(instructions, { machine: X86_64, number, args: [] }).steps;
    });

    expect(Math.max(...steps)).toBeLessThanOrEqual(13);
  });
});

test("equal contexts share one filter, and equal filters one program", () => {
  const one = resolveSeccompProfile(defaultSeccompProfile(), {
    ...host,
    capabilities: ["CAP_KILL", "CAP_CHOWN"],
  });
  const two = resolveSeccompProfile(defaultSeccompProfile(), {
    ...host,
    capabilities: ["CAP_CHOWN", "CAP_KILL"],
  });

  expect(two).toBe(one);
  expect(seccompProgram(structuredClone(one))).toBe(seccompProgram(one));
  expect(seccompProgram({ ...one, defaultErrnoRet: 7 })).not.toBe(seccompProgram(one));
});

describe("a profile of one's own", () => {
  test("keeps 64 bits of a value", () => {
    const args = [{ index: 1, value: 18446744073709551615n, op: "SCMP_CMP_EQ" }];
    const text = JSON.stringify(profile({ args: [{ index: 1, value: 0, op: "SCMP_CMP_EQ" }] }));
    const { rules } = parseSeccompProfile(
      text.replace('"value":0', '"value":18446744073709551615'),
    );

    expect(rules[0]?.rule.args).toEqual(args as never);
  });

  test("may be in the older form, with one name to a rule", () => {
    const text = JSON.stringify(profile({ names: undefined, name: "read" }));

    expect(parseSeccompProfile(text).rules[0]?.rule.names).toEqual(["read"]);
  });

  test("may leave out all but the default", () => {
    const parsed = parseSeccompProfile('{"defaultAction":"SCMP_ACT_ALLOW","syscalls":null}');

    expect(resolveSeccompProfile(parsed, host)).toEqual({
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: [],
      flags: [],
      syscalls: [],
    });
  });

  test.each([
    { includes: { caps: ["CAP_KILL"] }, applies: true },
    { includes: { caps: ["CAP_KILL", "CAP_BPF"] }, applies: false },
    { includes: { arches: ["arm64", "amd64"] }, applies: true },
    { includes: { arches: ["arm64"] }, applies: false },
    { includes: { minKernel: "6.1" }, applies: true },
    { includes: { minKernel: "6.2" }, applies: false },
    { includes: { minKernel: "7.0" }, applies: false },
    { includes: { minKernel: "5.19" }, applies: true },
    { includes: { caps: ["CAP_KILL"], minKernel: "6.2" }, applies: false },
    { excludes: { caps: ["CAP_KILL", "CAP_BPF"] }, applies: false },
    { excludes: { caps: ["CAP_BPF"] }, applies: true },
    { excludes: { arches: ["amd64"] }, applies: false },
    { excludes: { arches: ["arm64"] }, applies: true },
    { excludes: { minKernel: "6.1" }, applies: false },
    { excludes: { minKernel: "6.2" }, applies: true },
  ])("has a rule or not: %j", ({ applies, ...filters }) => {
    const parsed = parseSeccompProfile(JSON.stringify(profile(filters)));
    const resolved = resolveSeccompProfile(parsed, { ...host, capabilities: ["CAP_KILL"] });

    expect(resolved.syscalls).toHaveLength(applies ? 1 : 0);
  });

  test.each([
    ["", "it is no JSON"],
    ["[]", "the top is [], want an object"],
    ["null", "the top is null, want an object"],
    ["{}", 'the top is {}, want a "defaultAction" in it'],
    [
      { defaultAction: "SCMP_ACT_DENY" },
      'defaultAction is "SCMP_ACT_DENY", want the name of a seccomp action',
    ],
    [
      { defaultAction: "SCMP_ACT_NOTIFY" },
      "want the name of a seccomp action that this engine has",
    ],
    [{ defaultAction: 5 }, "defaultAction is 5, want a text"],
    [{ defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x" }, "listenerPath is not supported yet"],
    [profile({ names: "read" }), 'syscalls[0].names is "read", want a list'],
    [profile({ names: ["read", 3] }), "syscalls[0].names[1] is 3, want a text"],
    [profile({ name: "write" }), 'both "name" and "names" are specified'],
    [profile({ action: undefined }), 'want a "action" in it'],
    [profile({ action: "toString" }), 'syscalls[0].action is "toString"'],
    [profile({ errnoRet: -1 }), "syscalls[0].errnoRet is -1, want a whole number"],
    [
      profile({ args: [{ index: 6, op: "SCMP_CMP_EQ" }] }),
      "syscalls[0].args[0].index is 6, want 0 to 5",
    ],
    [
      profile({ args: [{ op: "EQ" }] }),
      'syscalls[0].args[0].op is "EQ", want the name of a comparison',
    ],
    [
      profile({ args: [{ op: "SCMP_CMP_EQ", value: 0.5 }] }),
      "syscalls[0].args[0].value is 0.5, want a whole",
    ],
    [
      profile({ includes: { minKernel: "new" } }),
      'syscalls[0].includes.minKernel is "new", want a kernel',
    ],
    [
      { ...profile({}), architectures: ["x"], archMap: [{ architecture: "x" }] },
      'both "architectures" and "archMap"',
    ],
  ])("that is wrong is refused, and the error says where: %j", (value, message) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);

    expect(() => parseSeccompProfile(text)).toThrow(message);
  });

  test("cannot have a value with more than 64 bits", () => {
    const text = JSON.stringify(profile({ args: [{ value: 0, op: "SCMP_CMP_EQ" }] }));

    expect(() =>
      parseSeccompProfile(text.replace('"value":0', '"value":18446744073709551616')),
    ).toThrow('value is "18446744073709551616", want a whole number from 0 to 2^64-1');
  });
});

function profile(rule: object): object {
  const syscalls = [{ names: ["read"], action: "SCMP_ACT_ALLOW", ...rule }];
  return { defaultAction: "SCMP_ACT_ERRNO", syscalls };
}

function decide(seccomp: Seccomp, number: number, args: readonly bigint[] = []): number {
  const { instructions } = compileSeccomp(seccomp, parseArchitecture("SCMP_ARCH_X86_64"));
  const padded = Array.from({ length: 6 }, (_, index) => args[index] ?? 0n);
  return interpret(instructions, { machine: X86_64, number, args: padded }).value;
}
