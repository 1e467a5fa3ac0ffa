import { readFileSync } from "node:fs";

/** One mounted v1 hierarchy. */
export interface Hierarchy {
  /** Its mount point. */
  readonly path: string;
  /** The last part of the mount point, such as `cpu,cpuacct`. */
  readonly name: string;
  readonly controllers: readonly string[];
}

/** How cgroups are mounted on this host. On a hybrid host v1 has the controllers that count. */
export type CgroupLayout =
  | { readonly version: "1"; readonly hierarchies: readonly Hierarchy[] }
  | { readonly version: "2"; readonly path: string; readonly controllers: readonly string[] };

/** Finds out where the controllers are. cgroups(7) */
export function readCgroupLayout(): CgroupLayout {
  return parseCgroupLayout(readFileSync("/proc/self/mountinfo", "utf8"), (path) =>
    readFileSync(path, "utf8"),
  );
}

/** The same from a mountinfo's text. proc(5) */
export function parseCgroupLayout(
  mountinfo: string,
  readText: (path: string) => string,
): CgroupLayout {
  const mounts = mountinfo.split("\n").flatMap(parseMount);
  const hierarchies = mounts.flatMap(toHierarchy);
  const unified = mounts.find(({ type }) => type === "cgroup2");
  if (hierarchies.length > 0 || unified === undefined) return { version: "1", hierarchies };
  const controllers = readText(`${unified.path}/cgroup.controllers`).split(/\s+/).filter(Boolean);
  return { version: "2", path: unified.path, controllers };
}

interface MountLine {
  readonly path: string;
  readonly type: string;
  readonly options: readonly string[];
}

// 36 35 98:0 /root /mount/point rw,noatime shared:1 - type source super,options
function parseMount(line: string): readonly MountLine[] {
  const [left = "", right = ""] = line.split(" - ");
  const path = left.split(" ")[4];
  const [type = "", , options = ""] = right.split(" ");
  return path === undefined ? [] : [{ path, type, options: options.split(",") }];
}

const NOT_CONTROLLERS = new Set([
  "rw",
  "ro",
  "xattr",
  "noprefix",
  "clone_children",
  "favordynmods",
]);

function toHierarchy({ path, type, options }: MountLine): readonly Hierarchy[] {
  const controllers = options.filter(
    (option) => !NOT_CONTROLLERS.has(option) && !option.includes("="),
  );
  if (type !== "cgroup" || controllers.length === 0) return [];
  return [{ path, name: path.slice(path.lastIndexOf("/") + 1), controllers }];
}
