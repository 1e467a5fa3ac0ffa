// npm run bench: measures sampan beside dockerd, podman, runc and crun, and writes RESULTS.md.
//
//   npm run bench -- WORD …      only the cases whose title has one of the words; writes nothing
//   ROUNDS=3 npm run bench       fewer rounds

import { join } from "node:path";
import { CASES, type Field } from "./cases.ts";
import { startDaemons } from "./daemons.ts";
import { measure } from "./measure.ts";
import { formatReport, formatResult, type Result } from "./report.ts";
import { prepareRuntimes } from "./runtimes.ts";

const words = process.argv.slice(2);
const { ROUNDS } = process.env;

await using stack = new AsyncDisposableStack();
const field: Field = { daemons: await startDaemons(), runtimes: await prepareRuntimes() };
for (const part of [...field.daemons, ...field.runtimes]) stack.use(part);

const chosen = CASES.filter(
  ({ title }) => words.length === 0 || words.some((word) => title.includes(word)),
);
const results: Result[] = [];
for (const about of chosen) {
  const rounds = Math.min(about.rounds, Number(ROUNDS ?? about.rounds));
  const result = { about, samples: await measure(about.contenders(field), rounds) };
  results.push(result);
  console.log(`${formatResult(result)}\n`);
}

if (words.length === 0) {
  await Bun.write(join(import.meta.dir, "RESULTS.md"), await formatReport(results));
}
