import { EngineError } from "../base/errors.ts";

/** What the processes of a cgroup may do with devices, as in the OCI runtime specification. */
export interface CgroupDeviceRule {
  readonly allow: boolean;
  /** Without it, and for `a`: both kinds. */
  readonly type?: "a" | "b" | "c";
  /** Without it, and for -1: any. */
  readonly major?: number;
  readonly minor?: number;
  /** Some of `rwm`; without it all. */
  readonly access?: string;
}

/** A rule with everything said. */
export interface CheckedRule {
  readonly allow: boolean;
  readonly types: readonly ("b" | "c")[];
  readonly major: number | undefined;
  readonly minor: number | undefined;
  readonly access: string;
}

/** A line for cgroup v1, and the file that it is written to. */
export interface DeviceLine {
  readonly file: "devices.allow" | "devices.deny";
  readonly line: string;
}

const EVERYTHING = "rwm";

const MAX_NUMBER = 0xffff_ffff;

/** Fills in what a rule leaves out, and refuses what the kernel would not understand. */
export function checkDeviceRule(rule: CgroupDeviceRule): CheckedRule {
  const { allow, type = "a", access = EVERYTHING } = rule;
  if (!/^[rwm]{1,3}$/.test(access)) {
    throw new EngineError("invalid", `Cannot allow or deny device access "${access}": want rwm`);
  }
  return {
    allow,
    types: type === "a" ? ["b", "c"] : [type],
    major: checkNumber(rule.major),
    minor: checkNumber(rule.minor),
    access: [...EVERYTHING].filter((letter) => access.includes(letter)).join(""),
  };
}

/** Whether nothing is left for an earlier rule to decide. */
export function isTotal({ types, major, minor, access }: CheckedRule): boolean {
  return types.length === 2 && major === undefined && minor === undefined && access === EVERYTHING;
}

/** What a rule is in cgroup v1, where rules are written one after the other and the kernel merges them. */
export function deviceRuleLines(rule: CgroupDeviceRule): readonly DeviceLine[] {
  const checked = checkDeviceRule(rule);
  const file = checked.allow ? "devices.allow" : "devices.deny";
  // The kernel takes `a` for everything, whatever follows it; so it is only for rules that mean it.
  if (isTotal(checked)) return [{ file, line: "a" }];
  const { types, major = "*", minor = "*", access } = checked;
  return types.map((type) => ({ file, line: `${type} ${major}:${minor} ${access}` }));
}

function checkNumber(number: number | undefined): number | undefined {
  if (number === undefined || number === -1) return undefined;
  if (Number.isInteger(number) && number >= 0 && number <= MAX_NUMBER) return number;
  throw new EngineError(
    "invalid",
    `Cannot allow or deny device number ${number}: want 0 to 2^32-1`,
  );
}
