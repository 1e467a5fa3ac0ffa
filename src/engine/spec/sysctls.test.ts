import { expect, test } from "bun:test";
import { checkSysctls, defaultSysctls } from "./sysctls.ts";

const own = { network: true, ipc: true };

test.each(["net.ipv4.ip_forward", "net/ipv4/ip_forward", "kernel.shmmax", "fs.mqueue.msg_max"])(
  "the setting %s is a container's own",
  (name) => {
    expect(() => checkSysctls({ [name]: "1" }, own)).not.toThrow();
  },
);

test.each([
  ["kernel.core_pattern", own, "not in a separate kernel namespace"],
  ["vm.swappiness", own, "not in a separate kernel namespace"],
  ["kernel.hostname", own, "not in a separate kernel namespace"],
  ["net/../kernel/core_pattern", own, "is not a name"],
  ["net.ipv4.x\n", own, "is not a name"],
  ["net", own, "is not a name"],
  ["", own, "is not a name"],
  ["net.ipv4.ip_forward", { ...own, network: false }, "no network namespace of its own"],
  ["kernel.sem", { ...own, ipc: false }, "no ipc namespace of its own"],
])("the setting %p with %p is refused: %s", (name, namespaces, message) => {
  expect(() => checkSysctls({ [name]: "1" }, namespaces)).toThrow(message);
});

test.each([
  [65_536, "0 65535"],
  [2 ** 31, "0 2147483647"],
])("with %d ids the groups that may ping are %s", (count, range) => {
  expect(defaultSysctls(count)["net.ipv4.ping_group_range"]).toBe(range);
});
