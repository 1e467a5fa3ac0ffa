import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../../test/support/run-program.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import { readHostFacts } from "./host-facts.ts";
import { canIdMap, isBuiltWith, readWords } from "./host-facts-kernel.ts";
import { type Limits, readLimits, unavailableControllers } from "./host-facts-limits.ts";
import { isFullyVisible } from "./host-facts-mounts.ts";
import { parseOsRelease } from "./host-facts-system.ts";
import { hostWarnings } from "./host-facts-warnings.ts";
import { openNamespace } from "./namespace.ts";

describe("readHostFacts()", () => {
  const facts = readHostFacts();

  test("knows the system as uname(1) and nproc(1) do", async () => {
    expect(`${facts.kernel} ${facts.architecture} ${facts.hostname}\n`).toBe(
      await mustRun(["uname", "-rmn"]).then(sortUname),
    );
    expect(facts.cpus).toBe(Number(await mustRun(["nproc"])));
    expect(facts.memoryBytes).toBe(
      Number(/MemTotal:\s+(\d+)/.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) * 1024,
    );
  });

  testAsRoot("does not hand on capabilities that this process does not have", () => {
    expect(facts.capabilities).toContain("CAP_SYS_ADMIN");
    expect(facts.capabilities.length + facts.missingCapabilities.length).toBe(
      Number(readWords("/proc/sys/kernel/cap_last_cap")[0]) + 1,
    );
  });

  test("knows the seccomp actions that filters here may have", () => {
    expect(facts.seccompActions).toEqual(
      expect.arrayContaining(["errno", "kill_process", "allow"]),
    );
  });

  test("says of each thing that is missing what follows, as one sentence", () => {
    for (const warning of facts.warnings) expect(warning).toMatch(/^[A-Z][^.]*\.$/);
  });
});

testAsRoot("canIdMap() tells file systems that can be mapped from those that cannot", async () => {
  await using owner = Bun.spawn(["unshare", "--user", "cat"], { stdin: "pipe" });
  const link = `/proc/${owner.pid}/ns/user`;
  const isApart = () => readlinkSync(link) !== readlinkSync("/proc/self/ns/user");
  await waitUntil("unshare is in its namespace", isApart);
  writeFileSync(`/proc/${owner.pid}/uid_map`, "0 100000 1000");
  writeFileSync(`/proc/${owner.pid}/gid_map`, "0 100000 1000");
  using namespace = openNamespace(owner.pid, "user");
  using directory = new TemporaryDirectory();

  expect(canIdMap(directory.path, namespace)).toBe(true);
  expect(canIdMap("/proc", namespace)).toBe(false);
});

describe("the limits that cgroups can hold", () => {
  test("are in version 1 those whose files are there", () => {
    using directory = new TemporaryDirectory();
    const files = ["memory.limit_in_bytes", "memory.swappiness", "cpu.shares"];
    makeFiles(directory.path, files);
    const controllers = ["memory", "cpu"];
    const hierarchies = [{ path: directory.path, name: "memory,cpu", controllers }];

    const limits = readLimits({ version: "1", hierarchies });
    expect(Object.entries(limits).flatMap(([name, can]) => (can ? [name] : []))).toEqual([
      "memory",
      "swappiness",
      "cpuShares",
    ]);
    expect(unavailableControllers({ version: "1", hierarchies })).toEqual(["pids", "cpuset", "io"]);
  });

  test.each([
    { files: [], swap: true },
    { files: ["a/cgroup.procs"], swap: true },
    { files: ["a/memory.max"], swap: false },
    { files: ["a/memory.max", "a/memory.swap.max"], swap: true },
  ])("count swap in version 2: %j", ({ files, swap }) => {
    using directory = new TemporaryDirectory();
    makeFiles(directory.path, files);

    expect(readLimits({ version: "2", path: directory.path, controllers: ["memory"] }).swap).toBe(
      swap,
    );
  });

  test("are in version 2 those of its controllers", () => {
    using directory = new TemporaryDirectory();
    const layout = {
      version: "2",
      path: directory.path,
      controllers: ["cpu", "io", "pids"],
    } as const;

    const limits = readLimits(layout);
    expect(Object.entries(limits).flatMap(([name, can]) => (can ? [name] : []))).toEqual([
      "cpuShares",
      "cpuQuota",
      "pids",
      "blkioThrottle",
    ]);
    expect(unavailableControllers(layout)).toEqual(["memory", "cpuset"]);
  });
});

describe("isFullyVisible()", () => {
  const proc = "22 27 0:20 / /proc rw,relatime - proc proc rw";
  const sys = "23 27 0:21 / /sys rw,relatime - sysfs sysfs rw";

  test.each([
    { what: "of a host", lines: [proc, sys], proc: true, sysfs: true },
    { what: "without a mount of it", lines: [proc], proc: true, sysfs: false },
    { what: "with a file covered", lines: [proc, over(22, "/proc/kcore")] },
    {
      what: "with mounts where the kernel keeps directories empty",
      lines: [proc, sys, over(22, "/proc/sys/fs/binfmt_misc"), over(23, "/sys/fs/cgroup")].concat(
        over(23, "/sys/kernel/security"),
      ),
      proc: true,
      sysfs: true,
    },
    { what: "read-only", lines: [proc.replace("rw,relatime", "ro,relatime"), sys], sysfs: true },
    { what: "of a part", lines: [proc.replace(" / ", " /sys "), sys], sysfs: true },
    {
      what: "covered in one place, and whole in another",
      lines: [proc, over(22, "/proc/kcore"), "50 27 0:20 / /x rw - proc proc rw"],
      proc: true,
    },
  ])("$what", ({ lines, proc = false, sysfs = false }) => {
    expect(isFullyVisible(lines.join("\n"), "proc")).toBe(proc);
    expect(isFullyVisible(lines.join("\n"), "sysfs")).toBe(sysfs);
  });

  function over(parent: number, path: string): string {
    return `60 ${parent} 0:50 / ${path} rw - tmpfs tmpfs rw`;
  }
});

test.each([
  ["NAME=Debian", "Debian"],
  ['NAME="Debian GNU/Linux"', "Debian GNU/Linux"],
  ["NAME='a \"b\"'", 'a "b"'],
  ['NAME="a \\"b\\" \\$c"', 'a "b" $c'],
  ["# NAME=x\nNAME=\n", ""],
])("os-release has %j", (text, name) => {
  expect(parseOsRelease(text).get("NAME")).toBe(name);
});

test("isBuiltWith() does not take a part of an option's name for it", () => {
  expect(isBuiltWith("NO_SUCH_OPTION")).not.toBe("yes");
  expect(isBuiltWith("CGROUP")).not.toBe("yes");
});

describe("hostWarnings()", () => {
  const whole = {
    ...readHostFacts(),
    limits: allLimits(),
    missingCapabilities: [],
    missingControllers: [],
    missingNetworkParts: [],
    maxUserNamespaces: 1,
    mountsProc: true,
    mountsSysfs: true,
    seccompActions: ["errno"],
  };

  test("has nothing to say where nothing is missing", () => {
    expect(hostWarnings(whole)).toEqual([]);
  });

  test.each([
    [
      { missingCapabilities: ["CAP_MKNOD"] },
      "does not hold CAP_MKNOD, so privileged containers go without it.",
    ],
    [
      { missingCapabilities: ["CAP_MKNOD", "CAP_BPF"] },
      "CAP_MKNOD, CAP_BPF, so privileged containers go without them.",
    ],
    [{ maxUserNamespaces: 0, mountsProc: false }, "root in a container is root on the host."],
    [{ mountsProc: false, mountsSysfs: false }, "A part of the host's /proc is covered"],
    [{ mountsSysfs: false }, "A part of the host's /sys is covered"],
    [{ seccompActions: [] }, "containers may make every system call."],
    [
      { missingControllers: ["memory"], limits: { ...whole.limits, swap: false } },
      "controllers memory, so",
    ],
    [{ limits: { ...whole.limits, swap: false } }, "--memory-swap has no effect."],
    [{ missingNetworkParts: ["veth"] }, "built without veth, so --network bridge does not work."],
  ] as const)("says what follows from %j", (change, text) => {
    const warnings = hostWarnings({ ...whole, ...change });

    expect(warnings).toEqual([expect.stringContaining(text)]);
  });
});

function allLimits(): Limits {
  const names = Object.keys(readLimits({ version: "1", hierarchies: [] }));
  return Object.fromEntries(names.map((name) => [name, true])) as unknown as Limits;
}

function makeFiles(directory: string, files: readonly string[]): void {
  for (const file of files) {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "");
  }
}

/** uname prints in an order of its own: host name, release, machine. */
function sortUname(text: string): string {
  const [node, kernel, machine] = text.trim().split(" ");
  return `${kernel} ${machine} ${node}\n`;
}
