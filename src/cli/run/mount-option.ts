import { parseBytes } from "../../base/byte-size.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";
import { splitCsv } from "./csv.ts";

/** Docker's Mount, as far as `--mount` can say it. A relative source is still as it was written. */
export interface MountOption {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly Consistency?: string;
  readonly BindOptions?: BindOptions;
  readonly VolumeOptions?: VolumeOptions;
  readonly ImageOptions?: { readonly Subpath: string };
  readonly TmpfsOptions?: TmpfsOptions;
}

interface BindOptions {
  readonly Propagation?: string;
  readonly NonRecursive?: boolean;
  readonly CreateMountpoint?: boolean;
  readonly ReadOnlyNonRecursive?: boolean;
  readonly ReadOnlyForceRecursive?: boolean;
  readonly IdMap?: string;
}

interface VolumeOptions {
  readonly NoCopy?: boolean;
  readonly Subpath?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly DriverConfig?: {
    readonly Name?: string;
    readonly Options?: Readonly<Record<string, string>>;
  };
}

interface TmpfsOptions {
  readonly SizeBytes?: number;
  readonly Mode?: number;
}

/** Reads `type=bind,src=/a,dst=/b,readonly,…`. */
export function parseMount(written: string): MountOption {
  const start: MountOption = { Type: "volume", Target: "" };
  const mount = splitCsv(written).reduce(addField, start);
  checkMount(mount);
  return mount;
}

/** What one field changes. */
type FieldReader = (mount: MountOption, value: string, field: Field) => Partial<MountOption>;

interface Field {
  /** As the user wrote it, for messages. */
  readonly key: string;
  readonly written: string;
}

const SWITCHES = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"];

function addField(mount: MountOption, written: string): MountOption {
  const [rawKey, value] = splitAtFirst(written, "=");
  const key = rawKey.toLowerCase();
  const read = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  if (value === undefined && !SWITCHES.includes(key)) {
    throw new Error(`invalid field '${written}' must be a key=value pair`);
  }
  if (read === undefined) throw new Error(`unexpected key '${key}' in '${written}'`);
  return { ...mount, ...read(mount, value ?? "true", { key, written }) };
}

const readSource: FieldReader = (_, value) => ({ Source: value });
const readTarget: FieldReader = (_, value) => ({ Target: value });
const readReadOnly: FieldReader = (_, value, { key }) => ({ ReadOnly: parseSwitch(key, value) });

const FIELDS: Readonly<Record<string, FieldReader>> = {
  type: (_, value) => ({ Type: value.toLowerCase() }),
  source: readSource,
  src: readSource,
  target: readTarget,
  dst: readTarget,
  destination: readTarget,
  readonly: readReadOnly,
  ro: readReadOnly,
  consistency: (_, value) => ({ Consistency: value.toLowerCase() }),
  "bind-propagation": (mount, value) => bind(mount, { Propagation: value.toLowerCase() }),
  "bind-nonrecursive": (mount, value, { key }) =>
    bind(mount, { NonRecursive: parseSwitch(key, value) }),
  "bind-create-src": (mount, value, { key }) =>
    bind(mount, { CreateMountpoint: parseSwitch(key, value) }),
  "bind-idmap": (mount, value) => bind(mount, { IdMap: parseIdMap(value) }),
  "bind-recursive": (mount, value) => bind(mount, parseRecursive(value)),
  "volume-nocopy": (mount, value, { key }) => volume(mount, { NoCopy: parseSwitch(key, value) }),
  "volume-subpath": (mount, value) => volume(mount, { Subpath: value }),
  "volume-label": (mount, value) =>
    volume(mount, { Labels: { ...mount.VolumeOptions?.Labels, ...pair(value) } }),
  "volume-driver": (mount, value) => driver(mount, { Name: value }),
  "volume-opt": (mount, value) =>
    driver(mount, { Options: { ...mount.VolumeOptions?.DriverConfig?.Options, ...pair(value) } }),
  "image-subpath": (_, value) => ({ ImageOptions: { Subpath: value } }),
  "tmpfs-size": (mount, value, { key }) => tmpfs(mount, { SizeBytes: parseSize(key, value) }),
  "tmpfs-mode": (mount, value, { key }) => tmpfs(mount, { Mode: parseMode(key, value) }),
};

function bind({ BindOptions: before }: MountOption, change: BindOptions) {
  return { BindOptions: { ...before, ...change } };
}

function volume({ VolumeOptions: before }: MountOption, change: VolumeOptions) {
  return { VolumeOptions: { ...before, ...change } };
}

function driver(mount: MountOption, change: VolumeOptions["DriverConfig"]) {
  return volume(mount, { DriverConfig: { ...mount.VolumeOptions?.DriverConfig, ...change } });
}

function tmpfs({ TmpfsOptions: before }: MountOption, change: TmpfsOptions) {
  return { TmpfsOptions: { ...before, ...change } };
}

function pair(written: string): Readonly<Record<string, string>> {
  const [key, value = ""] = splitAtFirst(written, "=");
  return key === "" ? {} : { [key]: value };
}

function parseSwitch(key: string, value: string): boolean {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(value)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(value)) return false;
  throw new Error(`invalid value for ${key}: ${value}`);
}

function parseSize(key: string, value: string): number {
  try {
    return parseBytes(value);
  } catch (cause) {
    throw new Error(`invalid value for ${key}: ${value}`, { cause });
  }
}

function parseMode(key: string, value: string): number {
  if (/^[0-7]+$/.test(value)) return Number.parseInt(value, 8);
  throw new Error(`invalid value for ${key}: ${value}`);
}

function parseIdMap(value: string): string {
  if (value === "match-user") return value;
  throw new Error(`invalid value for bind-idmap: ${value} (must be "match-user")`);
}

function parseRecursive(value: string): BindOptions {
  switch (value) {
    case "enabled":
      return {};
    case "disabled":
      return { NonRecursive: true };
    case "writable":
      return { ReadOnlyNonRecursive: true };
    case "readonly":
      return { ReadOnlyForceRecursive: true };
    default: {
      const choices = '"enabled", "disabled", "writable", or "readonly"';
      throw new Error(`invalid value for bind-recursive: ${value} (must be ${choices})`);
    }
  }
}

const OPTIONS_OF = {
  BindOptions: ["bind", "bind"],
  VolumeOptions: ["volume", "volume"],
  ImageOptions: ["image", "image"],
  TmpfsOptions: ["tmpfs", "tmpfs"],
} as const;

function checkMount(mount: MountOption): void {
  if (mount.Type === "") throw new Error("type is required");
  if (mount.Target === "") throw new Error("target is required");
  for (const [name, [type, prefix]] of Object.entries(OPTIONS_OF)) {
    if (name in mount && mount.Type !== type) {
      throw new Error(`cannot mix '${prefix}-*' options with mount type '${mount.Type}'`);
    }
  }
  checkRecursion(mount);
}

function checkRecursion({ BindOptions: options = {}, ReadOnly = false }: MountOption): void {
  if (options.ReadOnlyNonRecursive && !ReadOnly) throw needs("writable", "readonly");
  if (!options.ReadOnlyForceRecursive) return;
  if (!ReadOnly) throw needs("readonly", "readonly");
  if (options.Propagation !== "rprivate") throw needs("readonly", "bind-propagation=rprivate");
}

function needs(recursion: string, wanted: string): Error {
  const option = `option 'bind-recursive=${recursion}'`;
  return new Error(`${option} requires '${wanted}' to be specified in conjunction`);
}
