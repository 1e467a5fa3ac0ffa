import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { mustRun, runProgram } from "../../test/support/run-program.ts";
import { testIf } from "../../test/support/test-if.ts";
import { OPEN } from "./beneath.ts";
import { attachDeviceFilter, compileDeviceFilter, loadDeviceFilter } from "./device-filter.ts";
import { type CgroupDeviceRule, deviceRuleLines } from "./device-rule.ts";
import { openFile } from "./fd.ts";

describe("deviceRuleLines()", () => {
  test.each([
    [{ allow: true }, [["devices.allow", "a"]]],
    [{ allow: false, access: "mwr" }, [["devices.deny", "a"]]],
    [{ allow: false, type: "a", major: -1, minor: -1 }, [["devices.deny", "a"]]],
    [{ allow: true, type: "c", major: 1, minor: 3, access: "rw" }, [["devices.allow", "c 1:3 rw"]]],
    [{ allow: true, type: "c", major: 136, access: "mr" }, [["devices.allow", "c 136:* rm"]]],
    [{ allow: false, type: "b" }, [["devices.deny", "b *:* rwm"]]],
    [
      { allow: true, major: 10, access: "m" },
      [
        ["devices.allow", "b 10:* m"],
        ["devices.allow", "c 10:* m"],
      ],
    ],
  ] as const)("writes %j", (rule, lines) => {
    expect(deviceRuleLines(rule).map(({ file, line }) => [file, line])).toEqual(
      lines as unknown as string[][],
    );
  });

  test.each([
    [{ allow: true, access: "" }, 'Cannot allow or deny device access ""'],
    [{ allow: true, access: "rx" }, 'Cannot allow or deny device access "rx"'],
    [{ allow: true, major: 2 ** 32 }, "Cannot allow or deny device number 4294967296"],
    [{ allow: true, minor: -2 }, "Cannot allow or deny device number -2"],
    [{ allow: true, minor: 0.5 }, "Cannot allow or deny device number 0.5"],
  ])("refuses %j", (rule, message) => {
    expect(() => deviceRuleLines(rule)).toThrow(message);
    expect(() => compileDeviceFilter([rule])).toThrow(message);
  });
});

const mount = findCgroup2();
const testOnCgroup2 = testIf(
  mount !== undefined && process.getuid?.() === 0,
  "no cgroup2 is mounted, or not root",
);

describe("a cgroup under a device filter", () => {
  const cgroup = join(mount ?? "", `sampan-test-${process.pid}`);
  const deny = { allow: false };

  beforeAll(() => {
    if (mount !== undefined) mkdirSync(cgroup);
  });
  afterAll(() => {
    if (mount !== undefined) rmdirSync(cgroup);
  });

  const zero = { type: "c", major: 1, minor: 5 } as const;
  const table: { what: string; rules: CgroupDeviceRule[]; may: string }[] = [
    { what: "without rules may do nothing", rules: [], may: "" },
    { what: "that is allowed everything may do it", rules: [deny, { allow: true }], may: "rwb" },
    { what: "may read", rules: [deny, { allow: true, ...zero, access: "r" }], may: "r" },
    { what: "may write", rules: [deny, { allow: true, ...zero, access: "w" }], may: "w" },
    { what: "may do both by one rule", rules: [deny, { allow: true, ...zero }], may: "rwb" },
    {
      what: "may do both by two rules",
      rules: [
        { allow: true, ...zero, access: "r" },
        { allow: true, type: "c", access: "w" },
      ],
      may: "rwb",
    },
    {
      what: "may not by a later rule",
      rules: [{ allow: true }, { allow: false, ...zero }],
      may: "",
    },
    {
      what: "loses one kind of access by a later rule",
      rules: [{ allow: true }, { allow: false, ...zero, access: "w" }],
      may: "r",
    },
    {
      what: "gets it back by one later still",
      rules: [{ allow: true }, { allow: false, type: "c" }, { allow: true, major: 1 }],
      may: "rwb",
    },
    { what: "is not meant by another type", rules: [{ allow: true, ...zero, type: "b" }], may: "" },
    {
      what: "is not meant by another major",
      rules: [{ allow: true, type: "c", major: 5 }],
      may: "",
    },
    { what: "is not meant by another minor", rules: [{ allow: true, ...zero, minor: 3 }], may: "" },
    {
      what: "is meant by the greatest numbers only if they are its own",
      rules: [{ allow: true, type: "c", major: 0xffffffff, minor: 0x80000000 }],
      may: "",
    },
  ];

  for (const [index, { what, rules, may }] of table.entries()) {
    testOnCgroup2(what, async () => {
      const child = join(cgroup, String(index));
      mkdirSync(child);
      try {
        using directory = openFile(child, OPEN.DIRECTORY);
        attachDeviceFilter(directory, compileDeviceFilter(rules));
        const script = [
          `echo $$ > ${child}/cgroup.procs`,
          // Not 2>/dev/null: that is a device too.
          "(: < /dev/zero) 2>&- && printf r",
          "(: > /dev/zero) 2>&- && printf w",
          "(: <> /dev/zero) 2>&- && printf b",
          `echo $$ > ${mount}/cgroup.procs`,
        ];
        const { stdout } = await runProgram(["sh", "-c", script.join("\n")]);
        expect(stdout).toBe(may);
      } finally {
        rmdirSync(child);
      }
    });
  }

  testOnCgroup2("may make a node only where mknod is allowed", async () => {
    using directory = openFile(cgroup, OPEN.DIRECTORY);
    attachDeviceFilter(directory, compileDeviceFilter([{ allow: true, type: "c", access: "m" }]));
    const node = `/tmp/sampan-node-${process.pid}`;
    const script = `echo $$ > ${cgroup}/cgroup.procs
      mknod ${node} b 7 0 2>&- && echo block
      mknod ${node} c 1 3 && echo character
      (: < ${node}) 2>&- && echo opened
      rm -f ${node}
      echo $$ > ${mount}/cgroup.procs`;

    expect(await mustRun(["sh", "-c", script])).toBe("character\n");
  });
});

testOnCgroup2("the kernel takes hundreds of rules", () => {
  const rules = Array.from({ length: 200 }, (_, major) => ({ allow: major % 3 > 0, major }));

  using program = loadDeviceFilter(compileDeviceFilter(rules));
  expect(program.number).toBeGreaterThan(0);
});

function findCgroup2(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];
}
