import { readFileSync, realpathSync } from "node:fs";

/** The mount that a path is on, and how mounts travel to and from it. proc(5), mount_namespaces(7) */
export interface MountedOn {
  readonly path: string;
  readonly isShared: boolean;
  readonly isSlave: boolean;
}

/** Finds the mount that a path is on, after links. */
export function mountOf(path: string): MountedOn {
  const real = realpathSync(path);
  const all = readMountInfo();
  // Of several on one place the last covers the others, and the longest is the nearest above.
  const above = all.filter((mount) => isAtOrBelow(real, mount.path));
  return above.reduce(
    (best, mount) => (mount.path.length >= best.path.length ? mount : best),
    ROOT,
  );
}

const ROOT: MountedOn = { path: "/", isShared: false, isSlave: false };

function readMountInfo(): readonly MountedOn[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.filter((line) => line !== "").map(parseLine);
}

/** Six fields, then optional ones up to a dash. */
function parseLine(line: string): MountedOn {
  const fields = line.split(" ");
  const optional = fields.slice(6, fields.indexOf("-", 6));
  return {
    path: unescapePath(fields[4] ?? ""),
    isShared: optional.some((field) => field.startsWith("shared:")),
    isSlave: optional.some((field) => field.startsWith("master:")),
  };
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(top === "/" ? "/" : `${top}/`);
}

/** The kernel writes white space and backslashes in octal. */
export function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
