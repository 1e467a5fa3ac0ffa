// Runs Bun's test runner, here or in the virtual machine, and adds up what it says.

import { spawn } from "node:child_process";
import { ROOT } from "./project.mjs";

/** What a run came to. `skips` are the names of the tests that were left out, each with its reason. */
export const NOTHING = { passed: 0, failed: 0, skipped: 0, skips: [] };

/** The sum of two runs. */
export function add(a, b) {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    skips: [...a.skips, ...b.skips],
  };
}

/** Runs a command whose output has Bun's closing lines; shows the output as it comes. */
export async function runTests(command, args, readReport) {
  const { status, output } = await show(command, args);
  const counts = parseSummary(output);
  // A runner that crashed, or failed on something that is no test, must not look like a success.
  const failed = counts.failed === 0 && status !== 0 ? 1 : counts.failed;
  return { ...counts, failed, skips: listSkips(readReport() ?? "") };
}

/** The counts in the closing lines of Bun's test runner. A file that does not load counts as failed. */
export function parseSummary(output) {
  const plain = output.replace(COLOURS, "");
  const count = (word) => Number(lastMatch(plain, new RegExp(`^ (\\d+) ${word}\\r?$`, "gm")) ?? 0);
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
}

/** The names of skipped tests in a JUnit report. */
export function listSkips(report) {
  const cases = report.matchAll(
    /<testcase name="([^"]*)"[^>]*file="([^"]*)"[^>]*[^/]>\s*<skipped/g,
  );
  return [...cases].map(([, name, file]) => `${file}: ${decodeEntities(name)}`);
}

function show(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const chunks = [];
    const collect = (chunk) => {
      chunks.push(chunk);
      process.stdout.write(chunk);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output: Buffer.concat(chunks).toString() }));
  });
}

function lastMatch(text, pattern) {
  return [...text.matchAll(pattern)].pop()?.[1];
}

const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

const ENTITIES = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function decodeEntities(text) {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ENTITIES[name]);
}
