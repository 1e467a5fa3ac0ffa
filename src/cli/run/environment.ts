import { splitAtFirst } from "../flags/parse-flags.ts";
import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";

/** Checks `KEY=value` or `KEY`. */
export function parseEnvironment(written: string): string {
  if (splitAtFirst(written, "=")[0] !== "") return written;
  throw new Error(`invalid environment variable: ${written}`);
}

/** Checks `key=value` or `key`. */
export function parseLabel(written: string): string {
  if (splitAtFirst(written, "=")[0] !== "") return written;
  throw new Error(`invalid label '${written}': empty name`);
}

/**
 * The variables of the files, then those of the options. A bare `KEY` takes the client's value; one
 * that the client has not stays bare, which tells the daemon to drop the image's.
 */
export async function readEnvironment(
  files: readonly string[],
  options: readonly string[],
  io: Io,
): Promise<readonly string[]> {
  const copy = (line: string) => copyFromClient(line, io.env);
  // In a file, unlike on the command line, a variable that the client has not is left out.
  const fromFiles = (await readAll(files, io)).map(copy).filter((line) => line.includes("="));
  return [...fromFiles, ...options.map(copy)];
}

/** The labels of the files, then those of the options. */
export async function readLabels(
  files: readonly string[],
  options: readonly string[],
  io: Io,
): Promise<readonly string[]> {
  return [...(await readAll(files, io)), ...options];
}

function copyFromClient(line: string, env: Io["env"]): string {
  const value = line.includes("=") ? undefined : env[line];
  return value === undefined ? line : `${line}=${value}`;
}

async function readAll(files: readonly string[], io: Io): Promise<readonly string[]> {
  const parsed = await Promise.all(files.map((file) => readLinesOf(file, io)));
  return parsed.flat();
}

async function readLinesOf(path: string, io: Io): Promise<readonly string[]> {
  const file = Bun.file(resolvePath(path, io));
  if (!(await file.exists())) throw new Error(`open ${path}: no such file or directory`);
  const text = await file.text();
  if (text.includes("\ufffd")) {
    const at = text.split("\n").findIndex((line) => line.includes("\ufffd")) + 1;
    throw new Error(`invalid env file (${path}): invalid utf8 bytes at line ${at}`);
  }
  return text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => checkLine(line, path));
}

function checkLine(line: string, path: string): string {
  const [name] = splitAtFirst(line, "=");
  if (name === "")
    throw new Error(`invalid env file (${path}): no variable name on line '${line}'`);
  if (/\s/.test(name)) {
    throw new Error(`invalid env file (${path}): variable '${name}' contains whitespaces`);
  }
  return line;
}
