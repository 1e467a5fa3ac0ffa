// npm test: sets up, checks, tests here, then the kernel suites on Debian's kernel. The last line is
// `N passed, N failed, N skipped`.
//
//   npm test                     everything
//   npm test -- src/store …      only these paths, here

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runChecks } from "./checks.mjs";
import { bunPath } from "./npm-packages.mjs";
import { say } from "./program.mjs";
import { BUILD } from "./project.mjs";
import { main, setUp } from "./setup.mjs";
import { dealOut, listTestFiles } from "./test-files.mjs";
import { add, NOTHING, runTests } from "./test-run.mjs";

/** What depends on the kernel, and so runs on both. */
const KERNEL_SUITES = [
  "src/linux",
  // The machine's shell finds the files. Those of dns/ are about messages, not about kernels.
  "src/network/*.test.ts",
  "test/compat/docker-cli-run.test.ts",
  "test/kernel",
];

/**
 * Two files at a time, since many a test waits for something; of each only what went wrong; and a limit
 * that only a test which hangs is over, on the busiest machine.
 */
const OPTIONS = ["--parallel=2", "--no-isolate", "--only-failures", "--timeout=600000"];

/**
 * All takes some ten minutes. A machine that stands still for most of the time needs hours, which nobody
 * waits for: there, what has not begun by then is left out, counted and named.
 */
const LAST_BEGIN_MINUTES = 60;
/** The virtual machine takes about half as long as what ran before it. */
const LAST_BOOT_MINUTES = 45;
const PARTS = 8;

const REPORTS = join(BUILD, "reports");

await main(async () => {
  setUp({ test: true });
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });

  const paths = process.argv.slice(2);
  const total = paths.length > 0 ? await testHere(paths) : await testAll();

  for (const skip of total.skips) say(`skipped: ${skip}`);
  process.stdout.write(
    `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`,
  );
  return total.failed === 0 ? 0 : 1;
});

async function testAll() {
  const parts = dealOut(listTestFiles(), PARTS);
  let total = runChecks();
  for (const files of parts) total = add(total, await testInTime(files));
  return add(total, await testInMachine());
}

async function testInTime(files) {
  if (minutes() < LAST_BEGIN_MINUTES) return testHere(files.map((file) => `./${file}`));
  return skipped(files.map((file) => `${file}: ${tooLate()}`));
}

function testHere(paths) {
  const report = join(REPORTS, "here.xml");
  rmSync(report, { force: true });
  const args = ["test", ...OPTIONS, ...reportTo(report), ...paths];
  return runTests(bunPath(), args, () => readIfThere(report));
}

function testInMachine() {
  if (process.arch !== "x64") return skipped(["the virtual machine: there is one for x64 only"]);
  if (minutes() > LAST_BOOT_MINUTES) return skipped([`the virtual machine: ${tooLate()}`]);
  const report = join(REPORTS, "machine.xml");
  const args = ["test/vm/main.ts", "--suites", report, ...OPTIONS, ...KERNEL_SUITES];
  say("Booting a virtual machine with Debian's kernel …");
  return runTests(bunPath(), args, () => readIfThere(report));
}

function tooLate() {
  return `${Math.round(minutes())} minutes were over; ten are usual`;
}

/** Since this began. */
function minutes() {
  return performance.now() / 60_000;
}

function reportTo(path) {
  return ["--reporter=junit", `--reporter-outfile=${path}`];
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function skipped(skips) {
  return { ...NOTHING, skipped: skips.length, skips };
}
