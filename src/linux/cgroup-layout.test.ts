import { expect, test } from "bun:test";
import { type CgroupLayout, parseCgroupLayout } from "./cgroup-layout.ts";

const OTHERS = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw
22 21 0:20 / /proc rw - proc proc rw
31 21 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755`;

const V1 = `${OTHERS}
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
34 31 0:31 / /sys/fs/cgroup/pids rw shared:3 master:4 - cgroup none rw,xattr,pids,release_agent=/bin/x,clone_children
35 31 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd`;

const HYBRID = `${V1}
36 31 0:33 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate`;

const V2 = `${OTHERS}
36 21 0:33 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot`;

const HIERARCHIES: CgroupLayout = {
  version: "1",
  hierarchies: [
    {
      path: "/sys/fs/cgroup/cpu,cpuacct",
      name: "cpu,cpuacct",
      controllers: ["cpu", "cpuacct"],
    },
    { path: "/sys/fs/cgroup/memory", name: "memory", controllers: ["memory"] },
    { path: "/sys/fs/cgroup/pids", name: "pids", controllers: ["pids"] },
  ],
};

test.each<[string, string, CgroupLayout]>([
  ["v1", V1, HIERARCHIES],
  // The controllers are in v1's hierarchies, whatever else is mounted.
  ["a hybrid", HYBRID, HIERARCHIES],
  ["v2", V2, { version: "2", path: "/sys/fs/cgroup", controllers: ["cpuset", "cpu", "pids"] }],
  ["a host without cgroups", OTHERS, { version: "1", hierarchies: [] }],
])("parseCgroupLayout() finds %s", (_, mountinfo, expected) => {
  const read = (path: string) => {
    expect(path).toBe("/sys/fs/cgroup/cgroup.controllers");
    return "cpuset cpu pids\n";
  };

  expect(parseCgroupLayout(`${mountinfo}\n`, read)).toEqual(expected);
});

test("a v2 without controllers has none", () => {
  expect(parseCgroupLayout(V2, () => "\n")).toMatchObject({ controllers: [] });
});
