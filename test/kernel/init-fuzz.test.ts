import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { encodePlan } from "../../src/runtime/plan-encoding.ts";
import type { Argument, Operation, Step } from "../../src/runtime/step.ts";
import { passed } from "../../src/runtime/step.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { mustRun, runProgram } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testAsRoot } from "../support/test-if.ts";

const EINVAL = 22;
const REFUSED = `125 -1 ${EINVAL}`;

const directory = new TemporaryDirectory();
const fuzzer = join(directory.path, "init-fuzz");
const init = join(import.meta.dir, "../../init");

beforeAll(async () => {
  const sources = readdirSync(init)
    .filter((file) => file.endsWith(".c") && !["main.c", "demo.c", "syscall.c"].includes(file))
    .map((file) => join(init, file));
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const driver = join(import.meta.dir, "init-fuzz.c");
  await mustRun(["gcc", "-std=c11", "-g", "-O1", ...sanitizers, "-o", fuzzer, driver, ...sources]);
}, 600_000);

afterAll(() => directory[Symbol.dispose]());

/** A plan with every kind of step that the daemon sends, short enough to be cut at every byte. */
const SAMPLE: readonly Step[] = [
  step("write", passed("cgroup pids"), "0"),
  step("become-root"),
  step("make", "proc", "/proc", 14),
  step("root", passed("root")),
  step("mkdir", "/proc", 0o755),
  step("put", "/proc"),
  step("attach", passed("bind /data"), "/data", "follow"),
  step("mount", "tmpfs", "/dev/shm", 14, "mode=1777", "size=65536k"),
  step("hostname", "web"),
  step("netlink", Uint8Array.of(0, 1, 2, 0, 255)),
  step("sysctl", "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"),
  step("mask", "/proc/kcore"),
  step("user", 1000, 1000, 4, 24),
  step("capabilities", 0n, 0xa80425fbn, 0n, 0n),
  step("seccomp", 0, Uint8Array.of(6, 0, 0, 0, 0, 0, 255, 127)),
  step("environment", "PATH=/bin", "HOME=/"),
  step("exec", "sh", "-c", "true"),
];

describe("the plan's parser", () => {
  const whole = encodePlan(SAMPLE).bytes;

  test("takes a whole plan, and refuses it cut off at any byte or with one more", async () => {
    const cut = Array.from(whole, (_, size) => whole.subarray(0, size));

    expect(await parse([whole])).toBe("+");
    expect(await parse(cut)).toBe("-".repeat(cut.length));
    expect(await parse([Buffer.concat([whole, Buffer.of(0)])])).toBe("-");
  });

  test.each([
    { what: "nothing", plan: [] },
    { what: "only the end", plan: [0, 0] },
    { what: "an unknown operation", plan: whole1("format-disk") },
    { what: "too few arguments", plan: whole1("mkdir", "/x") },
    { what: "too many arguments", plan: whole1("hostname", "a", "b") },
    { what: "a NUL in a text", plan: whole1("hostname", "a\0b") },
    { what: "a NUL in an operation", plan: whole1("become-root\0x") },
    { what: "a NUL in a number before binary data", plan: whole1("seccomp", "0\0", "12345678") },
    {
      what: "a field that says it is longer than the plan",
      plan: [1, 0, 255, 255, 255, 255, 0, 0],
    },
    { what: "a field without its NUL", plan: [1, 0, 1, 0, 0, 0, 65, 65, 0, 0] },
  ])("refuses $what", async ({ plan }) => {
    expect(await parse([Uint8Array.from(plan)])).toBe("-");
  });

  test.each([
    { what: "1024 steps", plan: () => repeat(1024, step1("become-root")), verdict: "+" },
    { what: "1025 steps", plan: () => repeat(1025, step1("become-root")), verdict: "-" },
    { what: "65536 fields", plan: () => environments(65_536), verdict: "+" },
    { what: "65537 fields", plan: () => environments(65_537), verdict: "-" },
    { what: "all steps and all fields", plan: fullest, verdict: "+" },
  ])("of $what says $verdict", async ({ plan, verdict }) => {
    expect(await parse([plan()])).toBe(verdict);
  });

  test("stays in its memory whatever is changed in a plan", async () => {
    const random = randomFrom(20_26);
    const mutants = Array.from({ length: 20_000 }, () => mutate(whole, random));
    const verdicts = await parse(mutants);

    expect(verdicts).toMatch(/^[+-]+$/);
    expect(verdicts).toHaveLength(mutants.length);
    expect(verdicts).toContain("-");
  });
});

describe("init", () => {
  testAsRoot("reports a plan that it does not take in, and does none of it", async () => {
    const whole = encodePlan([step("hostname", "evil"), step("exec", "/nothing")]).bytes;
    const cut = Array.from(whole, (_, size) => whole.subarray(0, size)).slice(1);

    expect(await run([...cut])).toEqual(cut.map(() => REFUSED));
  });

  testAsRoot("reports the first step that the kernel refuses", async () => {
    const steps = [step("mkdir", "/a/b", 0o700), step("cwd", "/a/missing")];

    expect(await run([encodePlan(steps).bytes])).toEqual(["125 1 2"]);
  });

  testAsRoot("has nothing to become without an exec", async () => {
    expect(await run([encodePlan([step("umask", 18)]).bytes])).toEqual(["125 1 8"]);
  });

  testAsRoot("survives what nobody would put into a step", async () => {
    const plans = OPERATIONS.flatMap(([name, least, most]) =>
      HOSTILE.flatMap((value) =>
        [...new Set([least, most])].map((count) =>
          step1(name, ...Array<string>(count).fill(value)),
        ),
      ),
    );
    const ends = await run(plans.map((plan) => Uint8Array.from(plan)));

    expect(ends).toHaveLength(plans.length);
    // 125: a step failed and was reported. 99 would be a sanitizer's, 128 and more a signal's.
    expect(ends.filter((end) => !/^125 (-1|0|1) \d+$/.test(end))).toEqual([]);
  });
});

/** With how many arguments to try them. What works on descriptors has none to work on. */
const OPERATIONS: readonly (readonly [name: Operation, least: number, most: number])[] = [
  ["root", 1, 1],
  ["mkdir", 2, 2],
  ["file", 1, 1],
  ["attach", 3, 3],
  ["mount", 3, 32],
  ["make", 3, 32],
  ["put", 1, 1],
  ["readonly", 1, 1],
  ["mask", 1, 1],
  ["mount-readonly", 1, 1],
  ["setns", 2, 2],
  ["unshare", 1, 1],
  ["write", 2, 2],
  ["hostname", 1, 1],
  ["domainname", 1, 1],
  ["sysctl", 2, 2],
  ["netlink", 1, 1],
  ["keyring", 1, 1],
  ["become-root", 0, 0],
  ["bounding", 1, 1],
  ["user", 2, 100],
  ["capabilities", 4, 4],
  ["no-new-privileges", 0, 0],
  ["seccomp", 2, 2],
  ["umask", 1, 1],
  ["cwd", 1, 1],
  ["null-stdin", 0, 0],
  ["terminal", 4, 4],
  ["environment", 0, 100],
  ["exec", 1, 100],
];

const HOSTILE = [
  "",
  "0",
  "7",
  "-1",
  "4294967295",
  "4294967296",
  "18446744073709551615",
  "18446744073709551616",
  "/",
  "/dir",
  "/link",
  "..",
  "/../../..",
  "a=",
  "=",
  "%s%n%x",
  "x".repeat(255),
  "/".repeat(5000),
  "/y".repeat(3000),
];

function step(op: Operation, ...args: readonly Argument[]): Step {
  return { op, args, what: "", why: "" };
}

/** One step's bytes, without the checks of encodePlan() and without an end. */
function step1(...fields: readonly string[]): readonly number[] {
  const head = Buffer.alloc(2);
  head.writeUInt16LE(fields.length);
  const encoded = fields.flatMap((field) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE(Buffer.byteLength(field));
    return [size, Buffer.from(`${field}\0`)];
  });
  return [...Buffer.concat([head, ...encoded])];
}

/** One step and the end. */
function whole1(...fields: readonly string[]): readonly number[] {
  return [...step1(...fields), 0, 0];
}

function repeat(count: number, bytes: readonly number[]): Uint8Array {
  return Buffer.concat([...Array<Buffer>(count).fill(Buffer.from(bytes)), Buffer.alloc(2)]);
}

/** Steps that set the environment, with so many fields in all. */
function environments(fields: number): Uint8Array {
  const most = 32_768;
  const counts = [most, fields - most].flatMap((count) => {
    return count > 65_535 ? [65_535, count - 65_535] : [count];
  });
  const steps = counts.map((count) => {
    return Buffer.from(step1("environment", ...Array<string>(count - 1).fill("")));
  });
  return Buffer.concat([...steps, Buffer.alloc(2)]);
}

/** As many steps as there may be, and in the last ones as many fields. */
function fullest(): Uint8Array {
  const steps = Buffer.from(repeat(1022, step1("become-root"))).subarray(0, -2);
  return Buffer.concat([steps, environments(65_536 - 1022)]);
}

const EXTREMES = [0, 1, 2, 127, 128, 254, 255];

/** Changes a few bytes, takes some out, or puts others in. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutant = Buffer.from(bytes);
  for (let change = random.below(4); change >= 0; change -= 1) {
    const at = random.below(mutant.length);
    const some = mutant.subarray(random.below(mutant.length)).subarray(0, random.below(40));
    const kind = random.below(4);
    if (kind === 0) mutant[at] = random.pick(EXTREMES);
    else if (kind === 1) mutant[at] = random.below(256);
    else if (kind === 2)
      mutant = Buffer.concat([mutant.subarray(0, at), some, mutant.subarray(at)]);
    else mutant = Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + random.below(8))]);
  }
  return mutant;
}

function parse(plans: readonly Uint8Array[]): Promise<string> {
  return mustRun([fuzzer, "parse"], { stdin: frame(plans) });
}

async function run(plans: readonly Uint8Array[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = await runProgram([fuzzer, "run"], { stdin: frame(plans) });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.trimEnd().split("\n");
}

function frame(plans: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    plans.flatMap((plan) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(plan.byteLength);
      return [size, Buffer.from(plan)];
    }),
  );
}
