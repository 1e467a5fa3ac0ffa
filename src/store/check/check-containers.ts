import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotRow } from "../snapshot-records.ts";
import type { CheckContext, Finding } from "./finding.ts";

/** Containers and their writable layers. */
export function* checkContainers(context: CheckContext): Generator<Finding> {
  const { store } = context;
  yield* findOrphans(context);
  for (const { id } of store.containers.listImages()) {
    // One that is being made has not got everything yet, and one may have gone meanwhile.
    if (context.isMade(id)) yield* checkContainer(context, id);
  }
}

function* findOrphans({ store, isMade }: CheckContext): Generator<Finding> {
  const { snapshots, containers, trash, dataRoot } = store;
  const directory = join(dataRoot, "containers");
  // All at once: containers come and go while findings are told of. One that is being removed has no
  // row any more, and is no orphan.
  const abandoned = snapshots.listAbandoned().filter(({ id }) => !isMade(id));
  // What is the same trouble is told of once.
  const unknown = readdirSync(directory).filter(
    (id) =>
      !isMade(id) && containers.findById(id) === undefined && snapshots.find(id) === undefined,
  );
  for (const { id } of abandoned) {
    const mend = async () => {
      await snapshots.remove(id);
      return true;
    };
    const problem = "there is no container that it belongs to";
    yield { kind: "snapshot-abandoned", subject: id, problem, remedy: "--repair removes it", mend };
  }
  for (const id of unknown) {
    const path = join(directory, id);
    const mend = () => {
      trash.throwAway(path);
      return true;
    };
    const problem = "the database knows no container of this id";
    yield {
      kind: "container-orphaned",
      subject: path,
      problem,
      remedy: "--repair removes it",
      mend,
    };
  }
}

function* checkContainer(context: CheckContext, id: string): Generator<Finding> {
  const { snapshots, layers } = context.store;
  const remedy = "remove the container, and create it again";
  const row = snapshots.find(id);
  if (row === undefined) {
    const problem = "the container has no writable layer";
    yield { kind: "snapshot-missing", subject: id, problem, remedy };
    return;
  }
  if (row.chainId !== null && layers.find(row.chainId) === undefined) {
    const problem = `the layer ${row.chainId} that it stands on is not there`;
    yield { kind: "snapshot-layers-missing", subject: id, problem, remedy };
    return;
  }
  yield* checkFiles(context, row);
}

function* checkFiles({ store, isRunning }: CheckContext, row: SnapshotRow): Generator<Finding> {
  const { upper, work } = store.snapshots.directoriesOf(row.id);
  const missing = [upper, work].filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const isLost = missing.includes(upper);
  const problem = `${missing.map((path) => `"${path}"`).join(" and ")} is missing`;
  const what = isLost ? "; what the container wrote is lost" : "";
  yield {
    kind: "container-files-missing",
    subject: row.id,
    problem: `${problem}${what}`,
    remedy: "stop the container and --repair, or remove it",
    mend: () => !isRunning(row.id) && store.snapshots.restoreDirectories(row.id),
  };
}
