import { expect, test } from "bun:test";
import type { DeviceRule } from "../../oci/runtime-spec.ts";
import { checkDeviceAccess, parseDeviceRule, planDeviceRules } from "./devices.ts";

test.each<[string, DeviceRule]>([
  ["c 42:7 rwm", { allow: true, type: "c", major: 42, minor: 7, access: "rwm" }],
  ["b 8:* r", { allow: true, type: "b", major: 8, access: "r" }],
  ["a *:* rw", { allow: true, type: "a", access: "rw" }],
])("parseDeviceRule(%p)", (text, rule) => {
  expect(parseDeviceRule(text)).toEqual(rule);
});

test.each(["", "c 42:7", "d 1:1 r", "c 1:1 x", "c 1:1 rwmr", "c -1:1 r", "c 1:1 r "])(
  "parseDeviceRule(%p) is refused",
  (text) => {
    expect(() => parseDeviceRule(text)).toThrow(`invalid device cgroup rule format: '${text}'`);
  },
);

test.each(["", "rwx", "rr", "rwmr"])("checkDeviceAccess(%p) is refused", (access) => {
  expect(() => checkDeviceAccess(access)).toThrow(`invalid device mode: ${access}`);
});

test("planDeviceRules() begins with nothing and ends with what was asked for", () => {
  const device = { type: "c", path: "/dev/kvm", major: 10, minor: 232 } as const;
  const rules = planDeviceRules({
    privileged: false,
    devices: [{ device, access: "rw" }],
    rules: ["c 9:9 r"],
  });

  expect(rules[0]).toEqual({ allow: false, access: "rwm" });
  expect(rules.slice(-2)).toEqual([
    { allow: true, type: "c", major: 10, minor: 232, access: "rw" },
    { allow: true, type: "c", major: 9, minor: 9, access: "r" },
  ]);
});

test("planDeviceRules() lets a privileged container use every device", () => {
  expect(planDeviceRules({ privileged: true, devices: [], rules: [] })).toEqual([
    { allow: true, access: "rwm" },
  ]);
});
