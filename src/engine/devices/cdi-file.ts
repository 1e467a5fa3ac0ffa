import { EngineError } from "../../base/errors.ts";
import {
  asFields,
  type Fields,
  fieldsOf,
  findList,
  findTexts,
  sizeOf,
  textOf,
} from "../../oci/json-fields.ts";

/**
 * A file of the Container Device Interface: devices by name, and what a container is given for each.
 * https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md
 */
export interface CdiFile {
  readonly path: string;
  /** Vendor and class of all its devices, such as `vendor.com/gpu`. */
  readonly kind: string;
  readonly devices: ReadonlyMap<string, CdiEdits>;
  /** What comes once with any of the devices. */
  readonly edits: CdiEdits;
}

/** What is added to a container. */
export interface CdiEdits {
  readonly env: readonly string[];
  readonly deviceNodes: readonly CdiNode[];
  readonly mounts: readonly CdiMount[];
  readonly additionalGids: readonly number[];
  /** What else is asked for, and cannot be had: the field and what it asks, such as `hooks`. */
  readonly refused: readonly string[];
}

/** A device. What is left out is as it is on the host. */
export interface CdiNode {
  readonly path: string;
  readonly hostPath: string;
  readonly type?: "b" | "c";
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Some of `rwm`, or nothing at all. */
  readonly access: string;
}

export interface CdiMount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly type: "bind" | "tmpfs";
  /** mount(8) options. */
  readonly options: readonly string[];
}

const KIND = /^[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?\/[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?$/;
const MAX_MODE = 0o7777;

/** Programs of the host, and what only some processors and kernels have. */
const REFUSED = ["hooks", "intelRdt", "netDevices"];
const EDITS = new Set(["env", "deviceNodes", "mounts", "additionalGids", ...REFUSED]);

/** Reads a file's text, which is YAML unless its name ends in `.json`. */
export function parseCdiFile(text: string, path: string): CdiFile {
  try {
    const file = asFields(path.endsWith(".json") ? JSON.parse(text) : parseYaml(text), "it");
    const kind = textOf(file, "kind");
    if (!KIND.test(kind)) throw wrong("kind", "VENDOR/CLASS", kind);
    if (textOf(file, "cdiVersion") === "") throw wrong("cdiVersion", "a version", "");
    const devices = (findList(file, "devices") ?? []).map(parseDevice);
    if (devices.length === 0) throw wrong("devices", "at least one", "");
    return { path, kind, devices: new Map(devices), edits: parseEdits(file) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("invalid", `Cannot read ${path}: ${reason}`, { cause });
  }
}

/** Octal numbers are those of YAML 1.1, which the programs that write such files still use. */
function parseYaml(text: string): unknown {
  return Bun.YAML.parse(text.replace(/\bfileMode:\s*0([0-7]+)\b/g, "fileMode: 0o$1"));
}

function parseDevice(value: unknown): readonly [name: string, edits: CdiEdits] {
  const device = asFields(value, "devices");
  const name = textOf(device, "name");
  if (!NAME.test(name)) throw wrong("a device's name", "letters, digits and _ . : -", name);
  return [name, parseEdits(device)];
}

function parseEdits(owner: Fields): CdiEdits {
  const edits = fieldsOf(owner, "containerEdits");
  const unknown = Object.keys(edits).find((key) => !EDITS.has(key));
  if (unknown !== undefined) throw wrong("containerEdits", [...EDITS].join(", "), unknown);
  return {
    env: (findTexts(edits, "env") ?? []).map(checkEnv),
    deviceNodes: (findList(edits, "deviceNodes") ?? []).map(parseNode),
    mounts: (findList(edits, "mounts") ?? []).map(parseMount),
    additionalGids: (findList(edits, "additionalGids") ?? []).map(parseGid),
    refused: REFUSED.filter((key) => edits[key] !== undefined && edits[key] !== null),
  };
}

function parseNode(value: unknown): CdiNode {
  const node = asFields(value, "deviceNodes");
  const path = absolute(textOf(node, "path"), "a device's path");
  const hostPath = textOf(node, "hostPath");
  return {
    path,
    hostPath: hostPath === "" ? path : absolute(hostPath, `hostPath of ${path}`),
    ...parseType(textOf(node, "type"), path),
    ...parseNumbers(node, path),
    access: parseAccess(textOf(node, "permissions"), path),
  };
}

function parseType(type: string, path: string): Pick<CdiNode, "type"> {
  if (type === "") return {};
  if (type === "b" || type === "c") return { type };
  if (type === "u") return { type: "c" };
  throw wrong(`type of ${path}`, "b, c or u", type);
}

function parseNumbers(node: Fields, path: string) {
  const names = ["major", "minor", "fileMode", "uid", "gid"] as const;
  const given = names.map((name) => [name, sizeOf(node, name)] as const);
  const mode = sizeOf(node, "fileMode") ?? 0;
  if (mode > MAX_MODE) throw wrong(`fileMode of ${path}`, "a mode", String(mode));
  return Object.fromEntries(given.filter(([, number]) => number !== undefined));
}

function parseAccess(permissions: string, path: string): string {
  if (permissions === "none") return "";
  if (permissions === "") return "rwm";
  if (/^[rwm]+$/.test(permissions)) return permissions;
  throw wrong(`permissions of ${path}`, "some of rwm, or none", permissions);
}

function parseMount(value: unknown): CdiMount {
  const mount = asFields(value, "mounts");
  const type = textOf(mount, "type");
  const options = findTexts(mount, "options") ?? [];
  const isBind = type === "bind" || options.includes("bind") || options.includes("rbind");
  if (!isBind && type !== "" && type !== "tmpfs") throw wrong("type of a mount", "bind", type);
  return {
    hostPath: type === "tmpfs" ? "tmpfs" : absolute(textOf(mount, "hostPath"), "hostPath"),
    containerPath: absolute(textOf(mount, "containerPath"), "containerPath"),
    type: type === "tmpfs" ? "tmpfs" : "bind",
    options: isBind || type === "tmpfs" ? options : ["rbind", ...options],
  };
}

function parseGid(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong("additionalGids", "ids of groups", JSON.stringify(value));
}

function checkEnv(entry: string): string {
  if (entry.indexOf("=") > 0) return entry;
  throw wrong("env", "NAME=VALUE", entry);
}

function absolute(path: string, what: string): string {
  if (path.startsWith("/")) return path;
  throw wrong(what, "an absolute path", path);
}

function wrong(what: string, wanted: string, have: string): EngineError {
  return new EngineError("invalid", `${what}: want ${wanted}, have "${have}"`);
}
