// The small files by which the kernel tells of a cgroup, in either version. cgroups(7)

import { readdirSync, readFileSync } from "node:fs";
import type { CgroupLayout } from "./cgroup-layout.ts";
import { errnoOf } from "./syscall.ts";

/**
 * Where a controller's files of a cgroup are; undefined where no hierarchy has the controller. On v2
 * all controllers share a directory.
 */
export function controllerDirectory(
  layout: CgroupLayout,
  path: string,
  controller: string,
): string | undefined {
  if (layout.version === "2") return `${layout.path}${path}`;
  const found = layout.hierarchies.find(({ controllers }) => controllers.includes(controller));
  return found === undefined ? undefined : `${found.path}${path}`;
}

/** What the kernel says of a file whose cgroup or process is gone, or that it does not have. */
const GONE: readonly (string | undefined)[] = ["ENOENT", "ENODEV", "ESRCH", "EINVAL", "EOPNOTSUPP"];

/** A file's text; empty where it is not there, or what it is about is gone. */
export function readControl(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (GONE.includes(errnoOf(error))) return "";
    throw error;
  }
}

/** The directories of the cgroups that are right below another's; none where that is gone. */
export function listChildren(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${directory}/${name}`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** The lines `name number` of a text. */
export function parsePairs(text: string): Readonly<Record<string, number>> {
  const pairs: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) pairs[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return pairs;
}

/** A number; undefined for `max`, or where the file is not there. */
export function parseLimit(text: string): number | undefined {
  const word = text.trim();
  return word === "" || word === "max" ? undefined : Number(word);
}
