// npm run bench: measures sampan beside dockerd, podman, runc and crun, and writes RESULTS.md.
//
//   npm run bench -- WORD …      only the cases whose title has one of the words; writes nothing
//   ROUNDS=3 npm run bench       fewer rounds

import { join } from "node:path";
import { CASES, type Field } from "./cases.ts";
import { startDaemons } from "./daemons.ts";
import { DNS_CASES } from "./dns-cases.ts";
import { FILE_CASES, removeFileTree } from "./file-cases.ts";
import { HEALTH_CASES } from "./health-cases.ts";
import { IMAGE_CASES, removeVariants } from "./image-cases.ts";
import { LOG_CASES } from "./log-cases.ts";
import { MANY_CASES } from "./many-cases.ts";
import { measure } from "./measure.ts";
import { CROWD_CASES, NETWORK_CASES } from "./network-cases.ts";
import { PORT_CASES } from "./port-cases.ts";
import { formatReport, formatResult, type Result } from "./report.ts";
import { prepareRuntimes } from "./runtimes.ts";
import { TRAFFIC_CASES } from "./traffic-cases.ts";
import { WATCH_CASES } from "./watch-cases.ts";

const words = process.argv.slice(2);
const { ROUNDS } = process.env;

await using stack = new AsyncDisposableStack();
const field: Field = { daemons: await startDaemons(), runtimes: await prepareRuntimes() };
for (const part of [...field.daemons, ...field.runtimes]) stack.use(part);

stack.defer(removeVariants);
stack.defer(removeFileTree);

const all = [
  ...CASES,
  ...LOG_CASES,
  ...HEALTH_CASES,
  ...NETWORK_CASES,
  ...DNS_CASES,
  ...TRAFFIC_CASES,
  ...PORT_CASES,
  ...IMAGE_CASES,
  ...WATCH_CASES,
  ...CROWD_CASES,
  ...FILE_CASES,
  ...MANY_CASES,
];
const chosen = all.filter(
  ({ title }) => words.length === 0 || words.some((word) => title.includes(word)),
);
const results: Result[] = [];
for (const about of chosen) {
  const rounds = Math.min(about.rounds, Number(ROUNDS ?? about.rounds));
  const result = {
    about,
    samples: await measure(about.contenders(field), { rounds, isCold: about.isCold ?? false }),
  };
  results.push(result);
  console.log(`${formatResult(result)}\n`);
}

if (words.length === 0) {
  await Bun.write(join(import.meta.dir, "RESULTS.md"), await formatReport(results));
}
