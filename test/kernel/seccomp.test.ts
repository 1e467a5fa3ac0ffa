import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileSeccomp } from "../../src/linux/seccomp.ts";
import type { SeccompActionName, SeccompFilter } from "../../src/linux/seccomp-model.ts";
import { defaultSeccompProfile, resolveSeccompProfile } from "../../src/runtime/seccomp-profile.ts";
import { mustRun, type Outcome, runProgram } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const EPERM = -1;
const ENOSYS = -38;
const SIGSYS = 128 + 31;

const KCMP = 312;
const UNSHARE = 272;

const directory = new TemporaryDirectory();
const caller = join(directory.path, "seccomp-call");
const testOnX64 = testIf(process.arch === "x64", "the numbers are those of x64");

beforeAll(async () => {
  const source = join(import.meta.dir, "seccomp-call.c");
  await mustRun(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", caller, source]);
});

afterAll(() => directory[Symbol.dispose]());

testOnX64("the kernel takes Docker's default profile and decides as it says", async () => {
  const profile = resolveSeccompProfile(defaultSeccompProfile(), {
    capabilities: [],
    architecture: "x64",
    kernel: "6.1",
  });

  expect(await call(profile, ["x64", 110])).toBe(process.pid);
  expect(await call(profile, ["x64", UNSHARE, 0])).toBe(EPERM);
  expect(await call(profile, ["x64", 435, 0, 0])).toBe(ENOSYS);
  expect(await call(profile, ["x64", 2000])).toBe(ENOSYS);
  expect(await call(profile, ["x64", 41, 40, 1, 0])).toBe(EPERM);
  expect(await call(profile, ["x64", 135, 0x20008])).toBeGreaterThanOrEqual(0);
  expect(await call(profile, ["x64", 135, 0x20001])).toBe(EPERM);
});

testOnX64("the kernel finds the calls of 32-bit programs in the filter", async () => {
  const filter: SeccompFilter = {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86"],
    syscalls: [{ names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 77 }],
  };

  expect(await call(filter, ["x86", 64])).toBe(-77);
  expect(await call(filter, ["x64", 110])).toBe(-77);
  expect(await call(filter, ["x86", 20])).toBeGreaterThan(0);
});

testOnX64("a 32-bit call dies where the filter speaks of 64 bits only", async () => {
  const { status } = await run({ defaultAction: "SCMP_ACT_ALLOW" }, ["x86", 20]);

  expect(status).toBe(SIGSYS);
});

test.each([
  ["SCMP_ACT_KILL", SIGSYS],
  ["SCMP_ACT_KILL_THREAD", SIGSYS],
  ["SCMP_ACT_KILL_PROCESS", SIGSYS],
  ["SCMP_ACT_TRAP", SIGSYS],
] as const)("%s ends the program by SIGSYS", async (action, expected) => {
  const { status } = await run(only(action), ["x64", KCMP]);

  expect(status).toBe(expected);
});

testOnX64("without a tracer SCMP_ACT_TRACE is ENOSYS", async () => {
  expect(await call(only("SCMP_ACT_TRACE"), ["x64", KCMP])).toBe(ENOSYS);
});

testOnX64("SCMP_ACT_LOG lets the call pass", async () => {
  const pid = process.pid;

  expect(await call(only("SCMP_ACT_LOG"), ["x64", KCMP, pid, pid, 1])).toBe(0);
});

testOnX64("all 64 bits of an argument count", async () => {
  const args = [{ index: 3, op: "SCMP_CMP_EQ", value: 0x1_0000_0002n }] as const;
  const [rule] = only("SCMP_ACT_ERRNO").syscalls ?? [];
  if (rule === undefined) throw new Error("there is no rule");
  const filter = { ...only("SCMP_ACT_ERRNO"), syscalls: [{ ...rule, errnoRet: 55, args }] };
  const pid = process.pid;

  expect(await call(filter, ["x64", KCMP, pid, pid, 1, 0x1_0000_0002])).toBe(-55);
  expect(await call(filter, ["x64", KCMP, pid, pid, 1, 2])).toBe(0);
});

test("the kernel takes a program with jumps over thousands of instructions", async () => {
  const rules = Array.from({ length: 800 }, (_, value) => ({
    names: ["kcmp"],
    action: "SCMP_ACT_ERRNO" as const,
    errnoRet: value % 4096,
    args: [{ index: 0, op: "SCMP_CMP_EQ" as const, value }],
  }));
  const filter: SeccompFilter = { defaultAction: "SCMP_ACT_ALLOW", syscalls: rules };

  expect(compileSeccomp(filter).instructions.length / 8).toBeGreaterThan(3000);
  expect(await call(filter, ["x64", process.arch === "x64" ? KCMP : 272, 700])).toBe(-700);
});

function only(action: SeccompActionName): SeccompFilter {
  return { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["kcmp"], action }] };
}

async function call(filter: SeccompFilter, args: readonly (string | number)[]): Promise<number> {
  const { status, stdout, stderr } = await run(filter, args);
  if (status !== 0) throw new Error(`exit status ${status}: ${stderr}`);
  return Number(stdout);
}

/** Makes one system call in a process of its own under the filter. */
function run(filter: SeccompFilter, args: readonly (string | number)[]): Promise<Outcome> {
  const { instructions, flags } = compileSeccomp(filter);
  const file = join(directory.path, "filter");
  writeFileSync(file, instructions);
  return runProgram([caller, file, String(flags), ...args.map(String)]);
}
