// Compiles init/ with the system's C compiler: the two programs and the one shared object.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureDebianPackages } from "./debian.mjs";
import { capture, findCommand, SetupError, say } from "./program.mjs";
import { BUILD, ROOT } from "./project.mjs";

const WARNINGS = [
  "-Wall",
  "-Wextra",
  "-Wpedantic",
  "-Wconversion",
  "-Wshadow",
  "-Wstrict-prototypes",
  "-Werror",
];
const C = ["-std=c11", ...WARNINGS];
const STATIC = ["-O2", "-static", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"];
const SHARED = ["-O2", "-shared", "-fPIC"];

// musl's own wrapper hides the kernel's headers, which Debian keeps beside glibc's.
const MUSL = ["-idirafter", "/usr/include", "-idirafter", `/usr/include/${multiarch()}`];

const COMPILER_PACKAGES = [
  { command: "gcc", package: "gcc" },
  { file: "/usr/include/stdlib.h", package: "libc6-dev" },
];

/** Brings build/ up to date with init/; does nothing when it is. */
export function ensureNativeBuild() {
  const stale = targets()
    .filter(({ sources }) => sources.length > 0)
    .filter(isStale);
  if (stale.length === 0) return;

  ensureCompiler();
  mkdirSync(BUILD, { recursive: true });
  say(`Compiling ${stale.map(({ name }) => `build/${name}`).join(", ")} …`);
  for (const target of stale) build(target);
}

/** Runs the compiler's static analyser over init/; returns what it complains of. */
export function analyzeNativeSources() {
  ensureCompiler();
  return cSources()
    .map((source) =>
      capture(compiler(), [...C, "-O2", "-fanalyzer", "-c", "-o", "/dev/null", source], {
        cwd: ROOT,
      }),
    )
    .filter(({ ok }) => !ok)
    .map(({ output }) => output);
}

function targets() {
  const init = cSources().filter((source) => !/\/(syscall|demo)\.c$/.test(source));
  return [
    { name: "native.so", sources: ["init/syscall.c"], flags: SHARED, musl: false },
    { name: "sampan-init", sources: init, flags: STATIC, musl: true },
    { name: "demo", sources: ["init/demo.c"], flags: STATIC, musl: true },
  ];
}

function isStale(target) {
  const stamp = stampPath(target);
  return (
    !existsSync(join(BUILD, target.name)) ||
    !existsSync(stamp) ||
    readFileSync(stamp, "utf8") !== fingerprint(target)
  );
}

function build(target) {
  const path = join(BUILD, `.${target.name}.${process.pid}`);
  const args = [...C, ...target.flags, "-o", path, ...target.sources];
  if (!(target.musl && compileWithMusl(args))) {
    const { ok, output } = capture(compiler(), args, { cwd: ROOT });
    if (!ok) throw new SetupError(`Cannot compile build/${target.name}:\n${output.trim()}`);
  }
  // Renamed into place: a program that runs from the old file keeps it.
  renameSync(path, join(BUILD, target.name));
  writeFileSync(stampPath(target), fingerprint(target));
}

/** Whether musl is here and could do it. Its static programs are a tenth of the size of glibc's. */
function compileWithMusl(args) {
  const muslGcc = findCommand("musl-gcc");
  return muslGcc !== undefined && capture(muslGcc, [...MUSL, ...args], { cwd: ROOT }).ok;
}

function ensureCompiler() {
  if (process.env.CC === undefined) ensureDebianPackages(COMPILER_PACKAGES, "a C compiler");
}

function compiler() {
  return process.env.CC ?? "gcc";
}

function fingerprint({ name, sources, flags }) {
  const hash = createHash("sha256").update([name, ...C, ...flags, ...MUSL].join("\0"));
  for (const source of [...sources, ...initFiles(".h")]) {
    hash.update(`\0${source}\0`).update(readFileSync(join(ROOT, source)));
  }
  return hash.digest("hex");
}

function stampPath({ name }) {
  return join(BUILD, `.${name}.stamp`);
}

function cSources() {
  return initFiles(".c");
}

function initFiles(extension) {
  return readdirSync(join(ROOT, "init"))
    .filter((file) => file.endsWith(extension))
    .sort()
    .map((file) => `init/${file}`);
}

function multiarch() {
  return process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
}
