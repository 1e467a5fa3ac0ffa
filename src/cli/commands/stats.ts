import { ContainerApi } from "../../client/containers.ts";
import type { ContainerStats } from "../../client/control-wire.ts";
import { parseExact } from "../../client/json.ts";
import { SystemApi } from "../../client/system.ts";
import type { Transport } from "../../client/transport.ts";
import type { EventMessage } from "../../client/wire.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { listFormat } from "../flags/shared-flags.ts";
import { formatRows } from "../format/print-rows.ts";
import { type Io, print } from "../io.ts";
import { describeError } from "../report-error.ts";
import { STATS_FORMAT, toStatsRow } from "../stats/stats-row.ts";
import { StatsWatcher } from "../stats/stats-watcher.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";

const REDRAW_MS = 500;

// Up to the corner; what was there is overwritten, and what is left of it erased: it does not flicker.
const HOME = "\x1b[H";
const ERASE_REST_OF_LINE = "\x1b[K";
const ERASE_BELOW = "\x1b[J";
const CLEAR = "\x1b[2J";

const FLAGS = {
  all: bool("Show all containers (default shows just running)", { short: "a" }),
  format: listFormat(),
  "no-stream": bool("Disable streaming stats and only pull the first result"),
  "no-trunc": bool("Do not truncate output"),
} as const;

type StatsInvocation = Invocation<typeof FLAGS>;

export const stats = command({
  usage: "[OPTIONS] [CONTAINER...]",
  operands: { min: 0 },
  completes: "running",
  flags: FLAGS,
  async run(invocation) {
    const transport = await invocation.connect();
    return invocation.flags["no-stream"]
      ? await showOnce(invocation, new ContainerApi(transport))
      : await abortOnInterrupt(invocation.io, (signal) => follow(invocation, transport, signal));
  },
});

async function showOnce(invocation: StatsInvocation, api: ContainerApi): Promise<number> {
  const refs = await listRefs(invocation, api);
  const outcomes = await Promise.allSettled(refs.map((ref) => readOnce(api, ref)));
  const rows: [string, ContainerStats | undefined][] = [];
  const errors: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "rejected") errors.push(outcome.reason);
    else rows.push([refs[index] ?? "", outcome.value]);
  }
  await print(invocation.io.stdout, await format(invocation, rows));
  if (errors.length === 0) return 0;
  throw new CommandError(errors.map(describeError).join("\n"));
}

async function readOnce(api: ContainerApi, ref: string): Promise<ContainerStats | undefined> {
  for await (const found of await api.stats(ref, { stream: false })) return found;
  return undefined;
}

/** Who names containers wants those, and who names none all that there are, also those to come. */
async function listRefs({ operands, flags }: StatsInvocation, api: ContainerApi) {
  if (operands.length > 0) return operands;
  const all = await api.list({ all: flags.all });
  return all.map(({ Id }) => Id.slice(0, 12));
}

async function follow(
  invocation: StatsInvocation,
  transport: Transport,
  signal: AbortSignal,
): Promise<number> {
  const { operands, io } = invocation;
  const api = new ContainerApi(transport);
  const watcher = new StatsWatcher(api, signal);
  const news = operands.length === 0 ? await listen(transport, signal) : undefined;
  const adding = (await listRefs(invocation, api)).map((ref) => watcher.add(ref));
  const failed = (await Promise.allSettled(adding)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected" && operands.length > 0) throw failed.reason;
  let isToldMore = news !== undefined;
  // Its end is the daemon's, of which the numbers of the containers tell as well.
  const keeping = (news === undefined ? undefined : keepUp(watcher, news, invocation.flags.all))
    ?.catch(() => undefined)
    .finally(() => {
      isToldMore = false;
    });
  await print(io.stdout, CLEAR);
  while (!signal.aborted && (isToldMore || watcher.list().length > 0)) {
    await redraw(io, await format(invocation, watcher.list()));
    await pause(signal);
  }
  await keeping;
  return 0;
}

async function listen(transport: Transport, signal: AbortSignal): Promise<AsyncIterable<string>> {
  const filters = { type: ["container"], event: ["create", "start", "die", "destroy"] };
  return new SystemApi(transport).events({ since: "", until: "", filters }, signal);
}

/** Takes up containers that come, and lets go of those that went. */
async function keepUp(
  watcher: StatsWatcher,
  news: AsyncIterable<string>,
  all: boolean,
): Promise<void> {
  const comes = all ? "create" : "start";
  const goes = all ? "destroy" : "die";
  for await (const line of news) {
    const { Action, Actor } = parseExact(line) as EventMessage;
    const ref = Actor.ID.slice(0, 12);
    // One that has gone again by then is none to be shown.
    if (Action === comes) void watcher.add(ref).catch(() => undefined);
    if (Action === goes || Action === "destroy") watcher.remove(ref);
  }
}

async function redraw(io: Io, text: string): Promise<void> {
  const lines = text.replaceAll("\n", `${ERASE_REST_OF_LINE}\n`);
  await print(io.stdout, `${HOME}${lines}${ERASE_BELOW}`);
}

async function pause(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  const timer = setTimeout(wake, REDRAW_MS);
  signal.addEventListener("abort", wake);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", wake);
}

async function format(
  { flags }: StatsInvocation,
  found: readonly (readonly [string, ContainerStats | undefined])[],
): Promise<string> {
  const rows = found.map(([ref, each]) => toStatsRow(ref, each, !flags["no-trunc"]));
  return await formatRows(rows, STATS_FORMAT, flags.format);
}
