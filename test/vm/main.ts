// Runs something in the virtual machine and ends with its exit status:
//
//   bun test/vm/main.ts 'uname -r; mount'               a shell command
//   bun test/vm/main.ts --suites report.xml test/kernel   test files, and options of `bun test` before them;
//                                                         the JUnit report is brought out

import { join } from "node:path";
import { runInMachine } from "./machine.ts";

const BOOT_AND_RUN_MS = 3_600_000;

const args = process.argv.slice(2);
const [report, ...suites] = args[0] === "--suites" ? args.slice(1) : [];
const command =
  report === undefined
    ? args.join(" ")
    : `bun test --reporter=junit --reporter-outfile=/results/junit.xml ${suites.join(" ")}`;

await using result = await runInMachine({
  project: join(import.meta.dir, "../.."),
  command,
  timeoutMs: BOOT_AND_RUN_MS,
  output: (text) => process.stdout.write(text),
});

if (report !== undefined) {
  await Bun.write(report, (await result.readResult("junit.xml")) ?? "");
}
if (result.status === undefined) {
  process.stderr.write(`${result.consoleLog}\nThe machine stopped before the command ended\n`);
}
process.exitCode = result.status ?? 1;
