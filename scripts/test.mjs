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
import { add, NOTHING, runTests } from "./test-run.mjs";

/** What depends on the kernel, and so runs on both. */
const KERNEL_SUITES = [
  "src/linux",
  "src/network",
  "test/compat/docker-cli-run.test.ts",
  "test/kernel",
];

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
  return [
    runChecks(),
    await testHere(["./src", "./test", "./scripts"]),
    await testInMachine(),
  ].reduce(add, NOTHING);
}

function testHere(paths) {
  const report = join(REPORTS, "here.xml");
  const args = ["test", "--only-failures", "--timeout=60000", ...reportTo(report), ...paths];
  return runTests(bunPath(), args, () => readIfThere(report));
}

function testInMachine() {
  if (process.arch !== "x64") return skipped("the virtual machine (there is one for x64 only)");
  const report = join(REPORTS, "machine.xml");
  const args = ["test/vm/main.ts", "--suites", report, ...KERNEL_SUITES];
  say("Booting a virtual machine with Debian's kernel …");
  return runTests(bunPath(), args, () => readIfThere(report));
}

function reportTo(path) {
  return ["--reporter=junit", `--reporter-outfile=${path}`];
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function skipped(reason) {
  return { ...NOTHING, skipped: 1, skips: [reason] };
}
