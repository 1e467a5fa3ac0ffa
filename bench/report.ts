import { readFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { runProgram } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import { median, type Samples } from "./measure.ts";

/** A case with what was measured. */
export interface Result {
  readonly about: Case;
  readonly samples: readonly Samples[];
}

/** The results as a Markdown page, with the machine's description. */
export async function formatReport(results: readonly Result[]): Promise<string> {
  return `# Results

Made by \`npm run bench\`: all contenders in one run, measured in turns, medians. "Ratio" is how many
times sampan's figure the other's is, of bits a second the reverse: above 1, sampan is better.

${await describeMachine()}

${results.map(formatResult).join("\n\n")}
`;
}

/** One case as a table. */
export function formatResult({ about, samples }: Result): string {
  const ours = samples.find(({ name }) => name === "sampan");
  const base = ours === undefined ? Number.NaN : median(ours.values);
  const rows = samples.map(({ name, values, leftOut }) => {
    if (leftOut !== undefined) return `| ${name} | left out: ${leftOut} | | | |`;
    const middle = median(values);
    const ratioOf = (other: number, own: number) =>
      about.unit === "Gbit/s" ? own / other : other / own;
    const ratio =
      name === "sampan" || Number.isNaN(base) ? "" : `${ratioOf(middle, base).toFixed(1)} ×`;
    const spread = `${formatNumber(Math.min(...values))}–${formatNumber(Math.max(...values))}`;
    return `| ${name} | ${formatNumber(middle)} ${about.unit} | ${spread} | ${values.length} | ${ratio} |`;
  });
  return [
    `## ${about.title}`,
    "",
    "| | median | range | rounds | ratio |",
    "|---|--:|--:|--:|--:|",
    ...rows,
  ].join("\n");
}

function formatNumber(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

async function describeMachine(): Promise<string> {
  const system = /^PRETTY_NAME="(.*)"$/m.exec(await readFile("/etc/os-release", "utf8"))?.[1];
  const [first] = cpus();
  const cgroups = (await Bun.file("/sys/fs/cgroup/cgroup.controllers").exists()) ? "v2" : "v1";
  const lines = [
    `Date: ${new Date().toISOString().slice(0, 10)}`,
    `Machine: ${cpus().length} × ${first?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB of memory`,
    `System: ${system}, Linux ${release()}, cgroup ${cgroups}`,
    ...(await listVersions()),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

async function listVersions(): Promise<readonly string[]> {
  const programs = ["docker", "dockerd", "podman", "runc", "crun"].filter((name) =>
    Bun.which(name),
  );
  const outcomes = await Promise.all(programs.map((name) => runProgram([name, "--version"])));
  return [`Bun ${Bun.version}`, ...outcomes.map(({ stdout }) => stdout.split("\n")[0] ?? "")];
}
