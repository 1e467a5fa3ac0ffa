import { SystemApi } from "../../client/system.ts";
import type { CheckFinding, CheckLine, CheckSummary } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { type Io, print } from "../io.ts";
import { LiveLines } from "../progress/live-lines.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";

export const systemCheck = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    deep: bool("Read everything that is stored again, not just its names and sizes"),
    format: text("Print what is found as a text, or each line of it as JSON ('json')"),
    repair: bool("Mend what can be mended"),
  },
  async run({ flags, io, connect }) {
    if (!["", "json"].includes(flags.format)) {
      throw new CommandError(`invalid format "${flags.format}": must be "json" where it is given`);
    }
    return abortOnInterrupt(io, async (signal) => {
      const system = new SystemApi(await connect());
      const options = { repair: flags.repair, deep: flags.deep, signal };
      const show = flags.format === "json" ? showJson : showText;
      return toExitCode(await show(io, await system.check(options)));
    });
  },
});

type Lines = AsyncIterable<CheckLine>;

async function showJson(io: Io, lines: Lines): Promise<CheckSummary | undefined> {
  let summary: CheckSummary | undefined;
  for await (const line of lines) {
    await print(io.stdout, `${JSON.stringify(line)}\n`);
    throwProblem(line);
    summary = line.summary ?? summary;
  }
  return summary;
}

async function showText(io: Io, lines: Lines): Promise<CheckSummary | undefined> {
  const isLive = io.env["TERM"] !== "dumb" && (await io.terminal.isTerminal("stderr"));
  const live = isLive ? new LiveLines(io.stderr, () => io.terminal.size("stderr")) : undefined;
  let summary: CheckSummary | undefined;
  try {
    for await (const line of lines) {
      throwProblem(line);
      if (line.status !== undefined)
        await live?.update("Check", { status: line.status, id: "Check" });
      if (line.finding !== undefined) {
        await live?.close();
        await print(io.stdout, formatFinding(line.finding));
      }
      summary = line.summary ?? summary;
    }
  } finally {
    await live?.close();
  }
  if (summary !== undefined) await print(io.stdout, formatSummary(summary));
  return summary;
}

function throwProblem({ error, errorDetail }: CheckLine): void {
  const problem = errorDetail?.message || error;
  if (problem) throw new CommandError(problem);
}

function formatFinding({ kind, subject, problem, remedy, mended }: CheckFinding): string {
  const outcome = mended ? "mended" : remedy;
  return `${kind}: ${subject}\n  ${problem}\n${outcome === "" ? "" : `  -> ${outcome}\n`}`;
}

function formatSummary(summary: CheckSummary): string {
  const counted = (["blobs", "layers", "images", "snapshots", "mounts"] as const)
    .map((name) => `${summary[name]} ${name}`)
    .join(", ");
  const { findings, mended } = summary;
  return `Checked ${counted}.\n${describeOutcome(findings, mended)}\n`;
}

function describeOutcome(findings: number, mended: number): string {
  if (findings === 0) return "Nothing is wrong.";
  const things = findings === 1 ? "1 thing is wrong" : `${findings} things are wrong`;
  return mended === 0 ? `${things}.` : `${things}; ${mended} mended.`;
}

/** A check that was cut off says nothing of what it did not reach. */
function toExitCode(summary: CheckSummary | undefined): number {
  if (summary === undefined) throw new CommandError("the daemon ended the check before its end");
  return summary.findings > summary.mended ? 1 : 0;
}
