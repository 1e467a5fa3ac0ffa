import type { ExplainedPlan } from "../../base/explained-plan.ts";
import { ContainerApi } from "../../client/containers.ts";
import type { Transport } from "../../client/transport.ts";
import { CommandError, type Connect } from "../command.ts";
import type { Io } from "../io.ts";
import { describeError } from "../report-error.ts";
import type { ContainerFlags } from "./container-flags.ts";
import { askWithImage, type CreateRequest, createContainer } from "./create-container.ts";
import { explainFailure } from "./exit-code.ts";
import { prepareRequest } from "./prepare-request.ts";
import { runAttached } from "./run-attached.ts";

export interface ExplainInput {
  readonly flags: ContainerFlags & {
    readonly detach: boolean;
    readonly "detach-keys": string;
    readonly "sig-proxy": boolean;
  };
  readonly operands: readonly string[];
  /** Run it too. */
  readonly analyze: boolean;
}

interface Context {
  readonly path: string;
  readonly io: Io;
  readonly connect: Connect;
}

export interface Explained {
  readonly plan: ExplainedPlan;
  readonly exitCode: number;
}

/** The plan of what `run` would do; with `analyze`, as it was done. */
export async function explainRun(input: ExplainInput, context: Context): Promise<Explained> {
  const { io, connect, path } = context;
  try {
    const prepared = await prepareRequest({ ...input, io }, { detach: input.flags.detach });
    const transport = await connect({ start: true });
    const request = prepared.for(transport);
    if (input.analyze) return await analyze(transport, { request, input }, io);
    const containers = new ContainerApi(transport);
    const plan = await askWithImage(transport, request, {
      io,
      ask: (options) => containers.explain(options),
    });
    return { plan, exitCode: 0 };
  } catch (error) {
    throw error instanceof CommandError ? error : explainFailure(error, path);
  }
}

/** Runs the container as `run --rm` would, but looks at its trace before it is removed. */
async function analyze(
  transport: Transport,
  { request, input }: { request: CreateRequest; input: ExplainInput },
  io: Io,
): Promise<Explained> {
  const { flags } = input;
  if (flags.restart !== "no") throw new Error("cannot analyze a container that is restarted");
  const HostConfig = { ...request.body.HostConfig, AutoRemove: false };
  const body = { ...request.body, HostConfig };
  const id = await createContainer(transport, { ...request, body }, io);
  const containers = new ContainerApi(transport);
  try {
    // The report is what is asked for on standard output; the container's goes beside it.
    const beside = { ...io, stdout: io.stderr };
    const exitCode = await runToEnd({
      containers,
      id,
      body,
      flags: { ...flags, rm: false },
      io: beside,
    });
    return { plan: await containers.trace(id), exitCode };
  } finally {
    await containers.remove(id, { force: true, volumes: true, link: false });
  }
}

/** A container that does not start has a trace too: it says which step failed. */
async function runToEnd(run: Parameters<typeof runAttached>[0]): Promise<number> {
  try {
    return await runAttached(run);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    run.io.stderr.write(`sampan: ${describeError(error)}\n`);
    await run.io.stderr.flush();
    return 125;
  }
}
