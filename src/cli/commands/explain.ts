import type { ExplainedPlan } from "../../base/explained-plan.ts";
import { ContainerApi } from "../../client/containers.ts";
import { command, type Invocation } from "../command.ts";
import { bool, type FlagValues, text } from "../flags/flag.ts";
import { formatPlan } from "../format/plan-lines.ts";
import { printObject } from "../format/print-objects.ts";
import { type Io, print } from "../io.ts";
import { parseOrExplain } from "../parse-command.ts";
import { explainRun } from "../run/explain-run.ts";
import { run } from "./run.ts";

const FLAGS = {
  analyze: bool("Run the container too, and tell what each step took"),
  format: text("'json', or a Go template for the plan"),
} as const;

const RUN_FLAGS = { ...run.flags, ...FLAGS } as const;

export const explain = command({
  usage: "[OPTIONS] run [RUN OPTIONS] IMAGE [COMMAND] [ARG...]\n        sampan explain CONTAINER",
  operands: { min: 1 },
  stopAtOperand: true,
  completes: "containers",
  flags: FLAGS,
  async run(invocation: Invocation<typeof FLAGS>) {
    const { flags, operands, io, connect } = invocation;
    const [first = "", ...rest] = operands;
    if (first === "run" && rest.length > 0) return explainRunLine(invocation, rest);
    const containers = new ContainerApi(await connect());
    await printPlan(io, await containers.trace(first), flags);
    return 0;
  },
});

/** The options of explain itself may stand before `run` or among the options of run. */
async function explainRunLine(
  { path, flags, io, connect }: Invocation<typeof FLAGS>,
  args: readonly string[],
): Promise<number> {
  const line = {
    path: `${path} run`,
    usage: run.usage,
    operands: run.operands,
    stopAtOperand: true,
  };
  const parsed = parseOrExplain(RUN_FLAGS, args, line);
  if (parsed.help) return printRunHelp(line.path, io);
  const analyze = flags.analyze || parsed.values.analyze;
  const format = parsed.values.format || flags.format;
  const { plan, exitCode } = await explainRun(
    { flags: parsed.values, operands: parsed.operands, analyze },
    { path: line.path, io, connect },
  );
  await printPlan(io, plan, { format });
  return exitCode;
}

async function printRunHelp(path: string, io: Io): Promise<number> {
  const { describeCommand } = await import("../help.ts");
  const columns = (await io.terminal.size())?.columns ?? 80;
  const help = {
    about: "Show what run would do, step by step",
    aliases: [],
    command: { usage: run.usage, flags: RUN_FLAGS },
  };
  await print(io.stdout, describeCommand(path, help, columns));
  return 0;
}

async function printPlan(
  io: Io,
  plan: ExplainedPlan,
  { format }: Pick<FlagValues<typeof FLAGS>, "format">,
): Promise<void> {
  if (format === "") await print(io.stdout, formatPlan(plan));
  else if (format === "json") await print(io.stdout, `${JSON.stringify(plan, undefined, 2)}\n`);
  else await printObject(io, format, plan);
}
