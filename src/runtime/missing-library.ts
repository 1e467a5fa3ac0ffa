// Which shared library keeps a program from running. The dynamic loader looks for it inside, and what it
// says goes to the container's stderr; here the same is looked for from outside. ld.so(8)

import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import { FILE_TYPE, isType, statAt } from "../linux/statx.ts";
import { type ElfNeeds, readElf } from "./elf.ts";
import { openInRoot, readInRoot } from "./root-reader.ts";

/** A program, as it was started. */
export interface ProgramStart {
  /** A path, or a name to be looked for in PATH. */
  readonly path: string;
  readonly workingDir: string;
  readonly env: readonly string[];
}

/** A library that is in none of the places where it is looked for. */
export interface MissingLibrary {
  readonly library: string;
  readonly neededBy: string;
}

/** What the loaders of glibc and musl look through when nothing else is said. */
const USUAL = [
  "/lib",
  "/usr/lib",
  "/usr/local/lib",
  "/lib64",
  "/usr/lib64",
  ...["x86_64", "aarch64"].flatMap((machine) => [
    `/lib/${machine}-linux-gnu`,
    `/usr/lib/${machine}-linux-gnu`,
    `/usr/local/lib/${machine}-linux-gnu`,
  ]),
];

/** No program that works needs so many. */
const MAX_FILES = 500;
const MAX_SHEBANGS = 5;
const TEXT_BYTES = 64 * 1024;

/** Looks through what a program needs, and what that needs, for the first that is not there. */
export function findMissingLibrary(
  root: Descriptor,
  start: ProgramStart,
): MissingLibrary | undefined {
  const program = findProgram(root, start);
  if (program === undefined) return undefined;
  const configured = [...environmentPaths(start), ...configuredPaths(root), ...USUAL];
  const open = [program];
  const seen = new Set<string>();
  for (let path = open.pop(); path !== undefined && seen.size < MAX_FILES; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const needs = readNeeds(root, path);
    for (const library of needs?.libraries ?? []) {
      const places = [...ownPaths(path, needs), ...configured];
      const found = findLibrary(root, library, places);
      if (found === undefined) return { library, neededBy: path };
      open.push(found);
    }
  }
  return undefined;
}

/** The file that the kernel loads in the end: of a script, that is its interpreter. */
function findProgram(root: Descriptor, start: ProgramStart): string | undefined {
  let path = locate(root, start);
  for (let depth = 0; path !== undefined && depth < MAX_SHEBANGS; depth++) {
    const line = /^#![ \t]*([^ \t\n]+)/.exec(readInRoot(root, path, 256)?.toString("latin1") ?? "");
    if (line === null) return path;
    path = line[1];
  }
  return path;
}

function locate(root: Descriptor, { path, workingDir, env }: ProgramStart): string | undefined {
  if (path.includes("/")) return posix.resolve("/", workingDir, path);
  return variable(env, "PATH")
    .map((directory) => `${directory}/${path}`)
    .find((candidate) => isFile(root, candidate));
}

function environmentPaths({ env }: ProgramStart): readonly string[] {
  return variable(env, "LD_LIBRARY_PATH");
}

function variable(env: readonly string[], name: string): readonly string[] {
  const entry = env.findLast((each) => each.startsWith(`${name}=`)) ?? "";
  return entry
    .slice(name.length + 1)
    .split(":")
    .filter(Boolean);
}

/** What an administrator has added: glibc's loader reads it by way of a cache. */
function configuredPaths(root: Descriptor): readonly string[] {
  const files = [
    "/etc/ld.so.conf",
    ...listInRoot(root, "/etc/ld.so.conf.d").map((name) => `/etc/ld.so.conf.d/${name}`),
    "/etc/ld-musl-x86_64.path",
    "/etc/ld-musl-aarch64.path",
  ];
  return files
    .flatMap((file) => (readInRoot(root, file, TEXT_BYTES)?.toString() ?? "").split(/[\n:]/))
    .map((line) => line.trim())
    .filter((line) => line.startsWith("/"));
}

function listInRoot(root: Descriptor, path: string): readonly string[] {
  using directory = openInRoot(root, path, OPEN.PATH | OPEN.DIRECTORY);
  return directory === undefined ? [] : readdirSync(directory.path);
}

function ownPaths(path: string, needs: ElfNeeds | undefined): readonly string[] {
  const origin = posix.dirname(path);
  return (needs?.searchPaths ?? []).map((place) =>
    posix.resolve("/", place.replaceAll(/\$(ORIGIN|\{ORIGIN\})/g, origin)),
  );
}

function findLibrary(
  root: Descriptor,
  library: string,
  places: readonly string[],
): string | undefined {
  const candidates = library.includes("/")
    ? [posix.resolve("/", library)]
    : places.map((place) => `${place}/${library}`);
  return candidates.find((candidate) => isFile(root, candidate));
}

function isFile(root: Descriptor, path: string): boolean {
  using found = openInRoot(root, path, OPEN.PATH);
  return found !== undefined && isType(statAt(found.number, ""), FILE_TYPE.FILE);
}

function readNeeds(root: Descriptor, path: string): ElfNeeds | undefined {
  using found = openInRoot(root, path, OPEN.PATH);
  if (found === undefined || !isType(statAt(found.number, ""), FILE_TYPE.FILE)) return undefined;
  using file = openFile(found.path, OPEN.RDONLY);
  return readElf(file.number);
}
