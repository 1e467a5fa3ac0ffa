import { EngineError } from "../base/errors.ts";
import { MOUNT_ATTR, PROPAGATION } from "../linux/mount.ts";

/** A spec mount's options, sorted by who takes them. */
export interface ParsedMountOptions {
  /** MOUNT_ATTR_* to set. */
  readonly attributes: number;
  /** Of these, also on the mounts below. */
  readonly recursiveAttributes: number;
  readonly bind: "none" | "bind" | "rbind";
  readonly propagation: number;
  readonly propagationRecursive: boolean;
  /** What is left for the file system itself. */
  readonly data: readonly string[];
}

const ATTRIBUTES: ReadonlyMap<string, number> = new Map([
  ["ro", MOUNT_ATTR.RDONLY],
  ["nosuid", MOUNT_ATTR.NOSUID],
  ["nodev", MOUNT_ATTR.NODEV],
  ["noexec", MOUNT_ATTR.NOEXEC],
  ["noatime", MOUNT_ATTR.NOATIME],
  ["strictatime", MOUNT_ATTR.STRICTATIME],
  ["nodiratime", MOUNT_ATTR.NODIRATIME],
  ["nosymfollow", MOUNT_ATTR.NOSYMFOLLOW],
]);

// What a new mount has anyway.
const DEFAULTS = new Set([
  "async",
  "atime",
  "defaults",
  "dev",
  "diratime",
  "exec",
  "loud",
  "norelatime",
  "nostrictatime",
  "relatime",
  "rw",
  "suid",
  "symfollow",
]);

const REFUSED = new Set(["remount", "mand", "nomand"]);

interface Parsing {
  attributes: number;
  recursiveAttributes: number;
  bind: ParsedMountOptions["bind"];
  propagation: number;
  propagationRecursive: boolean;
  data: string[];
}

/** Reads the options of an OCI mount. config.md of the runtime specification, "Linux mount options" */
export function parseMountOptions(options: readonly string[]): ParsedMountOptions {
  const parsing: Parsing = {
    attributes: 0,
    recursiveAttributes: 0,
    bind: "none",
    propagation: 0,
    propagationRecursive: false,
    data: [],
  };
  for (const option of options) take(option, parsing);
  return parsing;
}

function take(option: string, into: Parsing): void {
  const attribute = ATTRIBUTES.get(option);
  if (attribute !== undefined) into.attributes |= attribute;
  else if (option === "bind" || option === "rbind") into.bind = option;
  else if (DEFAULTS.has(option)) into.attributes &= ~(ATTRIBUTES.get(opposite(option)) ?? 0);
  else if (!takePropagation(option, into) && !takeRecursive(option, into)) takeData(option, into);
}

function opposite(option: string): string {
  return option === "rw" ? "ro" : `no${option}`;
}

function takePropagation(option: string, into: Parsing): boolean {
  const recursive = option.startsWith("r");
  const name = recursive ? option.slice(1) : option;
  if (!isPropagation(name)) return false;
  into.propagation = PROPAGATION[name];
  into.propagationRecursive = recursive;
  return true;
}

function isPropagation(name: string): name is keyof typeof PROPAGATION {
  return Object.hasOwn(PROPAGATION, name);
}

function takeRecursive(option: string, into: Parsing): boolean {
  const single = option.startsWith("r") ? option.slice(1) : "";
  const attribute = ATTRIBUTES.get(single);
  if (attribute === undefined && !DEFAULTS.has(single)) return false;
  if (attribute === undefined) into.recursiveAttributes &= ~(ATTRIBUTES.get(opposite(single)) ?? 0);
  else into.recursiveAttributes |= attribute;
  return true;
}

function takeData(option: string, into: Parsing): void {
  if (REFUSED.has(option)) {
    throw new EngineError("invalid", `Cannot mount with option "${option}": it is not supported`);
  }
  into.data.push(option);
}
