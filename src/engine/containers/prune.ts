import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs, parseTime } from "../../base/time.ts";
import { splitLabel } from "../events/event-filters.ts";
import type { Pruned } from "../facade.ts";
import type { Filters } from "../filters.ts";
import type { Context } from "./context.ts";
import type { ContainerRecord } from "./record.ts";
import { removeContainer } from "./remove.ts";

type Test = (record: ContainerRecord) => boolean;

/** Removes all containers that do not run and that the filters let through. */
export async function pruneContainers(context: Context, filters: Filters): Promise<Pruned> {
  const isWanted = compilePruneFilters(filters);
  const deleted: string[] = [];
  let reclaimedBytes = 0;
  for (const container of context.containers.list()) {
    if (container.isRunning || container.isRemoved || !isWanted(container.record)) continue;
    const bytes = await context.store.snapshots.size(container.id);
    if (!(await isGone(removeContainer(context, container, { force: false, volumes: false })))) {
      continue;
    }
    deleted.push(container.id);
    reclaimedBytes += bytes;
  }
  context.events.publish({
    type: "container",
    action: "prune",
    actorId: "",
    attributes: { reclaimed: String(reclaimedBytes) },
  });
  return { deleted, reclaimedBytes };
}

/** One that was started in this moment is none to prune. */
async function isGone(removal: Promise<void>): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.kind === "conflict") return false;
    throw error;
  }
}

function compilePruneFilters(filters: Filters): Test {
  const tests = Object.entries(filters).flatMap(([key, values]) =>
    values.map((value) => compile(key, value)),
  );
  return (record) => tests.every((test) => test(record));
}

function compile(key: string, value: string): Test {
  switch (key) {
    case "label":
      return ({ effective }) => hasLabel(effective.labels, value);
    case "label!":
      return ({ effective }) => !hasLabel(effective.labels, value);
    case "until": {
      const limit = formatTime(parseUntil(value));
      return ({ createdAt }) => createdAt < limit;
    }
    default:
      throw new EngineError("invalid", `invalid filter '${key}'`);
  }
}

function hasLabel(labels: Readonly<Record<string, string>>, value: string): boolean {
  const [name, wanted] = splitLabel(value);
  return Object.hasOwn(labels, name) && (wanted === undefined || labels[name] === wanted);
}

const UNIT_NS: Readonly<Record<string, number>> = { h: 3.6e12, m: 6e10, s: 1e9, ms: 1e6 };

/** A time, seconds since the epoch, or how long ago, such as `24h` or `1h30m`. */
function parseUntil(text: string): bigint {
  const time = parseTime(text);
  if (time !== undefined) return time;
  if (/^\d+(\.\d+)?$/.test(text)) return BigInt(Math.round(Number(text) * 1e9));
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) {
    throw new EngineError("invalid", `invalid filter 'until=${text}'`);
  }
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  const ns = parts.reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNIT_NS[unit] ?? 0),
    0,
  );
  return nowNs() - BigInt(Math.round(ns));
}
