import { EngineError } from "../../base/errors.ts";
import { formatTime } from "../../base/time.ts";
import type { Pruned } from "../facade.ts";
import { type Filters, hasLabel } from "../filters.ts";
import { parseOneUntil } from "../until.ts";
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
    if (container.isActive || container.isRemoved || !isWanted(container.record)) continue;
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
  const tests = Object.entries(filters).flatMap(([key, values]) => {
    if (key === "until") return [isOlderThan(parseOneUntil(values))];
    return values.map((value) => compile(key, value));
  });
  return (record) => tests.every((test) => test(record));
}

function compile(key: string, value: string): Test {
  switch (key) {
    case "label":
      return ({ effective }) => hasLabel(effective.labels, value);
    case "label!":
      return ({ effective }) => !hasLabel(effective.labels, value);
    default:
      throw new EngineError("invalid", `invalid filter '${key}'`);
  }
}

function isOlderThan(limitNs: bigint): Test {
  const limit = formatTime(limitNs);
  return ({ createdAt }) => createdAt < limit;
}
