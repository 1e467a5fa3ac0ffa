// Runs a command in the virtual machine and ends with its exit status:
//
//   bun test/vm/main.ts 'uname -r; bun test test/kernel'

import { join } from "node:path";
import { runInMachine } from "./machine.ts";

await using result = await runInMachine({
  project: join(import.meta.dir, "../.."),
  command: process.argv.slice(2).join(" "),
  timeoutMs: 600_000,
  output: (text) => process.stdout.write(text),
});
if (result.status === undefined) process.stderr.write(result.consoleLog);
process.exitCode = result.status ?? 1;
