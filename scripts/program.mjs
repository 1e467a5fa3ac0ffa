// Running other programs, and finding out whether they are there.

import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** What a person can mend; is shown as one line, without a stack. */
export class SetupError extends Error {
  name = "SetupError";
}

/** The path of a command, or undefined. Looks in the system's folders too: a user's PATH often lacks sbin. */
export function findCommand(name) {
  const folders = `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`.split(
    ":",
  );
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Runs a program to its end. Its output is in the answer and reaches nobody else. */
export function capture(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  const output = `${stdout ?? ""}${stderr ?? ""}${error ? error.message : ""}`;
  return { ok: status === 0, stdout: stdout ?? "", output };
}

/** Runs a program that talks to the user and returns its exit code. */
export function passThrough(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, { stdio: "inherit", ...options });
  if (error) throw error;
  return status ?? (signal === "SIGINT" ? 130 : 1);
}

/** Says what is going on, on stderr: stdout belongs to the command that was asked for. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not for us: the next folder may have it.
    return false;
  }
}
