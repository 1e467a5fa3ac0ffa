import { EngineError } from "../../base/errors.ts";
import type { Device, DeviceRule } from "../../oci/runtime-spec.ts";

/** A device of the host that a container gets, and what it may do with it. */
export interface GrantedDevice {
  readonly device: Device;
  /** Some of `rwm`; empty: there it is, but nothing may be done with it. */
  readonly access: string;
}

/** What the device rules follow from. */
export interface DeviceInputs {
  readonly privileged: boolean;
  readonly devices: readonly GrantedDevice[];
  /** Docker's notation, such as `c 42:* rmw`. */
  readonly rules: readonly string[];
}

const NOTHING: DeviceRule = { allow: false, access: "rwm" };
const EVERYTHING: DeviceRule = { allow: true, access: "rwm" };

// Nodes may be made of any device, as with Docker; only these may be opened.
const DEFAULT_RULES: readonly DeviceRule[] = [
  { allow: true, type: "c", access: "m" },
  { allow: true, type: "b", access: "m" },
  character(1, 3), // null
  character(1, 5), // zero
  character(1, 7), // full
  character(1, 8), // random
  character(1, 9), // urandom
  character(5, 0), // tty
  character(5, 1), // console
  character(5, 2), // ptmx
  { allow: true, type: "c", major: 136, access: "rwm" }, // pts
];

/** The rules of the device cgroup, in order: a later one wins. */
export function planDeviceRules({
  privileged,
  devices,
  rules,
}: DeviceInputs): readonly DeviceRule[] {
  if (privileged) return [EVERYTHING];
  return [
    NOTHING,
    ...DEFAULT_RULES,
    ...devices.filter(({ access }) => access !== "").map(ruleOf),
    ...rules.map(parseDeviceRule),
  ];
}

/** Reads a `--device-cgroup-rule`. */
export function parseDeviceRule(text: string): DeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) {
    throw new EngineError("invalid", `invalid device cgroup rule format: '${text}'`);
  }
  const [, type, major = "*", minor = "*", access = ""] = match;
  return {
    allow: true,
    type: type === "b" || type === "c" ? type : "a",
    ...(major === "*" ? {} : { major: Number(major) }),
    ...(minor === "*" ? {} : { minor: Number(minor) }),
    access,
  };
}

/** Checks a device's permissions, as `--device` has them last. */
export function checkDeviceAccess(access: string): void {
  if (/^[rwm]{1,3}$/.test(access) && new Set(access).size === access.length) return;
  throw new EngineError("invalid", `invalid device mode: ${access}`);
}

function ruleOf({ device: { type, major, minor }, access }: GrantedDevice): DeviceRule {
  return {
    allow: true,
    type: type === "b" ? "b" : "c",
    ...(major === undefined ? {} : { major }),
    ...(minor === undefined ? {} : { minor }),
    access,
  };
}

function character(major: number, minor: number): DeviceRule {
  return { allow: true, type: "c", major, minor, access: "rwm" };
}
