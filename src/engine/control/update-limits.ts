import { EngineError, explain } from "../../base/errors.ts";
import type { MemoryLimits } from "../../oci/runtime-spec.ts";
import { hasCode } from "../../store/disk-error.ts";
import type { Container } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import type { Context } from "../containers/context.ts";
import { type ContainerRecord, toRow } from "../containers/record.ts";
import type { LimitChange } from "../control-facade.ts";
import type { HostOptions } from "../model.ts";
import { fitResources } from "../spec/resources.ts";

type Resources = HostOptions["resources"];

/** Sets limits of a container anew: at once if it runs, and for its next starts. */
export async function updateLimits(
  context: Context,
  container: Container,
  change: LimitChange,
): Promise<readonly string[]> {
  return await container.lock.run(async () => {
    try {
      return apply(context, container, change);
    } catch (cause) {
      // What no container could have is told as create tells it.
      if (cause instanceof EngineError && cause.kind === "invalid") throw cause;
      throw explain(cause, `Cannot update container ${container.id}`);
    }
  });
}

function apply(context: Context, container: Container, change: LimitChange): readonly string[] {
  const { record } = container;
  if (container.isRemoved || record.state.status === "dead") {
    throw new EngineError("conflict", 'Container is marked for removal and cannot be "update".');
  }
  checkConflicts(record, change);
  const merged = mergeLimits(record, change, context.facts.limits.swap !== false);
  const { resources, warnings } = fitResources(merged.resources, context.facts);
  if (container.isRunning) setLive(context, container, pick(resources, change.resources));
  const host = { ...record.config.host, ...merged };
  container.record = { ...record, config: { ...record.config, host } };
  context.store.containers.update(toRow(container.record));
  context.events.publish(containerEvent(container.record, "update"));
  return warnings;
}

/** What was set already is put back where the kernel refuses the rest. */
function setLive(context: Context, container: Container, limits: Resources): void {
  const { observer } = context.runtime;
  try {
    observer.changeLimits(container.id, limits);
  } catch (cause) {
    const before = fitResources(container.record.config.host.resources, context.facts).resources;
    try {
      observer.changeLimits(container.id, pick(before, limits));
    } catch {
      // It is the first refusal that the user is to hear of.
    }
    if (!isBusy(cause)) throw cause;
    const used = observer.usage(container.id).memory.bytes;
    const message = `the container uses more memory than that now (${used} bytes), and none of it can be taken away`;
    throw new EngineError("conflict", message, { cause });
  }
}

function isBusy(cause: unknown): boolean {
  return hasCode(cause, ["EBUSY"]);
}

/** The groups of limits that a change is about. */
function pick(all: Resources, wanted: Resources): Resources {
  return Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(wanted, name)));
}

/** The limits with what is changed in them, and Docker's account of them. */
function mergeLimits(
  { config }: ContainerRecord,
  change: LimitChange,
  swaps: boolean,
): Pick<HostOptions, "resources" | "asked"> {
  const { resources: now, asked } = config.host;
  const { resources: wanted } = change;
  const memory = mergeMemory(now.memory ?? {}, wanted.memory ?? {}, swaps);
  const resources: Resources = {
    ...now,
    ...(memory === undefined ? {} : { memory }),
    ...(wanted.cpu === undefined ? {} : { cpu: { ...now.cpu, ...wanted.cpu } }),
    ...(wanted.blockIO === undefined ? {} : { blockIO: { ...now.blockIO, ...wanted.blockIO } }),
    ...(wanted.pids === undefined ? {} : { pids: wanted.pids }),
  };
  const swap = memory?.swap === undefined ? {} : { MemorySwap: memory.swap };
  return { resources, asked: replaceFields(asked, { ...swap, ...change.asked }) };
}

/** As Docker, which keeps the limit of memory and swap together where only the other is changed. */
function mergeMemory(
  now: MemoryLimits,
  wanted: MemoryLimits,
  swaps: boolean,
): MemoryLimits | undefined {
  if (Object.keys(wanted).length === 0) return undefined;
  const merged = { ...now, ...wanted };
  const { limit = 0 } = wanted;
  const kept = now.swap ?? (now.limit === undefined || now.limit <= 0 ? undefined : now.limit * 2);
  if (!swaps || wanted.swap !== undefined || kept === undefined) return merged;
  if (kept !== -1 && limit > kept) {
    throw new EngineError(
      "conflict",
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  }
  return { ...merged, swap: kept };
}

/** A number of processors and what it stands for cannot both be set. */
function checkConflicts({ config }: ContainerRecord, { asked: wanted }: LimitChange): void {
  const { asked } = config.host;
  const isSet = (fields: Readonly<Record<string, unknown>>, name: string) =>
    Number(findField(fields, name) ?? 0) > 0;
  for (const [name, words] of CPU_LIMITS) {
    if (isSet(wanted, "NanoCpus") && isSet(asked, name)) {
      refuse(`Nano CPUs cannot be updated as ${words} has already been set`);
    }
    if (isSet(wanted, name) && isSet(asked, "NanoCpus")) {
      refuse(`${words} cannot be updated as NanoCPUs has already been set`);
    }
  }
}

const CPU_LIMITS = [
  ["CpuPeriod", "CPU Period"],
  ["CpuQuota", "CPU Quota"],
] as const;

function refuse(reason: string): never {
  throw new EngineError("conflict", `Conflicting options: ${reason}`);
}

/** Names match in any case, as Go's decoder has them. */
function findField(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  const wanted = name.toLowerCase();
  return Object.entries(fields).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function replaceFields(
  fields: Readonly<Record<string, unknown>>,
  changed: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const names = new Set(Object.keys(changed).map((name) => name.toLowerCase()));
  const kept = Object.entries(fields).filter(([name]) => !names.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...changed };
}
