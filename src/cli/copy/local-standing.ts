import { lstat, stat } from "node:fs/promises";
import { CommandError } from "../command.ts";
import type { Standing } from "./place.ts";

/** What a local path is, links not followed. */
export async function lstatLocal(path: string) {
  try {
    return await lstat(path);
  } catch (cause) {
    // `EACCES: permission denied, lstat '/x'` is how the system's words come.
    const [, reason = String(cause)] = /[A-Z]+: (.*), lstat/s.exec(String(cause)) ?? [];
    // Docker names the path of all but this one.
    const text = reason === "not a directory" ? reason : `lstat ${path}: ${reason}`;
    throw new CommandError(text, 1, { cause });
  }
}

/** What stands at a local path, links followed. */
export async function standingOfLocal(path: string): Promise<Standing> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return "missing";
  return found.isDirectory() ? "directory" : "other";
}
