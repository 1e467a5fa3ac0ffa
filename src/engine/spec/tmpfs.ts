import { EngineError } from "../../base/errors.ts";

const DEFAULTS: readonly string[] = ["noexec", "nosuid", "nodev"];

/** A flag and what takes it back; both are the same setting, and the later one counts. */
const SETTING: ReadonlyMap<string, string> = new Map(
  [
    ["ro", "rw"],
    ["suid", "nosuid"],
    ["dev", "nodev"],
    ["exec", "noexec"],
    ["sync", "async"],
    ["dirsync"],
    ["remount"],
    ["mand", "nomand"],
    ["atime", "noatime"],
    ["diratime", "nodiratime"],
    ["bind"],
    ["rbind"],
    ["relatime", "norelatime"],
    ["strictatime", "nostrictatime"],
    ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"],
  ].flatMap(([name = "", ...others]) => [name, ...others].map((word) => [word, name] as const)),
);

const VALUES: ReadonlySet<string> = new Set([
  "size",
  "mode",
  "uid",
  "gid",
  "nr_inodes",
  "nr_blocks",
  "mpol",
]);

/** The options of a tmpfs: Docker's defaults, each overridden by what the user says of it. */
export function tmpfsOptions(asked: readonly string[], readonly: boolean): readonly string[] {
  const chosen = new Map(DEFAULTS.map((option) => [settingOf(option), option]));
  for (const option of [...asked, ...(readonly ? ["ro"] : [])]) {
    const setting = settingOf(option);
    // Docker's order: a setting stands where it was last made.
    chosen.delete(setting);
    chosen.set(setting, option);
  }
  return [...chosen.values()];
}

function settingOf(option: string): string {
  const [name = "", value] = option.split("=", 2);
  const setting = value === undefined ? SETTING.get(name) : VALUES.has(name) ? name : undefined;
  if (setting !== undefined) return setting;
  throw new EngineError("invalid", `invalid tmpfs option ["${option}"]`);
}
