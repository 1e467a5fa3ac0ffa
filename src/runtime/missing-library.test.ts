import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { OPEN } from "../linux/beneath.ts";
import { openFile } from "../linux/fd.ts";
import { readElf } from "./elf.ts";
import { findMissingLibrary } from "./missing-library.ts";

/** Any program of this host that needs libraries. */
const PROGRAM = realpathSync("/bin/ls");

function needsOf(path: string) {
  using file = openFile(path, OPEN.RDONLY);
  return readElf(file.number);
}

/** Where this host's loader finds a library: what runs here has it mapped. */
function hostPath(library: string): string {
  const { stdout } = Bun.spawnSync(["ldd", PROGRAM]);
  const line = new RegExp(`^\\s*${RegExp.escape(library)} => (\\S+)`, "m");
  // The loader itself is shown by its path alone.
  return line.exec(stdout.toString())?.[1] ?? `/lib64/${library}`;
}

function find(root: string, path = "/bin/ls", env: readonly string[] = ["PATH=/bin"]) {
  using directory = openFile(root, OPEN.PATH | OPEN.DIRECTORY);
  return findMissingLibrary(directory, { path, workingDir: "/", env });
}

test("readElf() finds what a program needs", () => {
  const needs = needsOf(PROGRAM);
  expect(needs?.interpreter).toMatch(/^\/lib.*ld/);
  expect(needs?.libraries).toContain("libc.so.6");
});

test("readElf() makes nothing of what is no program, or half of one", () => {
  using directory = new TemporaryDirectory();
  const path = join(directory.path, "x");
  for (const bytes of [Buffer.from("#!/bin/sh\n"), readFileSync(PROGRAM).subarray(0, 200)]) {
    writeFileSync(path, bytes);
    expect(needsOf(path)?.libraries ?? []).toEqual([]);
  }
});

test("the first library that is nowhere is named, until all are there", () => {
  using directory = new TemporaryDirectory();
  const root = directory.path;
  for (const folder of ["bin", "lib", "opt"]) mkdirSync(join(root, folder));
  copyFileSync(PROGRAM, join(root, "bin/ls"));
  writeFileSync(join(root, "bin/script"), "#! /bin/ls -l\n");
  const added: string[] = [];
  for (let missing = find(root); missing !== undefined; missing = find(root)) {
    expect(added).not.toContain(missing.library);
    expect(missing.neededBy).toMatch(/^\/(bin|lib)\//);
    expect([find(root, "ls"), find(root, "script")]).toEqual([missing, missing]);
    copyFileSync(hostPath(missing.library), join(root, "lib", missing.library));
    added.push(missing.library);
  }
  expect(added).toContain("libc.so.6");
  const [last = ""] = added;
  Bun.spawnSync(["mv", join(root, "lib", last), join(root, "opt", last)]);
  expect(find(root)).toMatchObject({ library: last });
  expect(find(root, "/bin/ls", ["LD_LIBRARY_PATH=/opt"])).toBeUndefined();
  mkdirSync(join(root, "etc/ld.so.conf.d"), { recursive: true });
  writeFileSync(join(root, "etc/ld.so.conf.d/opt.conf"), "# ours\n/opt\n");
  expect(find(root)).toBeUndefined();
});

test("of a program that is not there nothing is said", () => {
  using directory = new TemporaryDirectory();
  expect([find(directory.path), find(directory.path, "nope")]).toEqual([undefined, undefined]);
});
