import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Slices } from "../../base/slices.ts";
import { type Digest, Digester } from "../../oci/digest.ts";
import type { LayerRow } from "../layer-records.ts";
import { describeUsers } from "./describe-users.ts";
import type { CheckContext, Finding } from "./finding.ts";

const STALE_MS = 7 * 24 * 3600 * 1000;
const HEX = /^[0-9a-f]{64}$/;

/** Kept archives of layers, and downloads that were not finished. */
export async function* checkArchives(context: CheckContext): AsyncGenerator<Finding> {
  yield* findLeftovers(context);
  for (const row of context.store.layers.list()) yield* checkNeeded(context, row);
  for (const digest of context.store.blobs.list()) {
    const finding = await checkArchive(context, digest);
    if (finding !== undefined) yield finding;
  }
}

function* findLeftovers({ store }: CheckContext): Generator<Finding> {
  const { blobs, partials, trash } = store;
  for (const directory of [blobs.directory, partials.directory]) {
    for (const name of readdirSync(directory).filter((each) => !HEX.test(each))) {
      const path = join(directory, name);
      const mend = () => {
        trash.throwAway(path);
        return true;
      };
      const problem = "it is no archive's file";
      yield {
        kind: "archive-orphaned",
        subject: path,
        problem,
        remedy: "--repair removes it",
        mend,
      };
    }
  }
  for (const { digest, modifiedMs } of partials.list()) {
    if (partials.isHeld(digest) || Date.now() - modifiedMs < STALE_MS) continue;
    const mend = () => {
      if (!partials.isHeld(digest)) partials.remove(digest);
      return true;
    };
    const problem = "this download was not taken up again for a week";
    yield {
      kind: "download-stale",
      subject: digest,
      problem,
      remedy: "image prune, or --repair",
      mend,
    };
  }
}

/** A layer that has no recipe can only be given out as the archive that came. */
function* checkNeeded({ store }: CheckContext, { diffId, tarBytes, chainId }: LayerRow) {
  // It may have gone while another one was told of.
  if (tarBytes !== null || store.layers.find(chainId) === undefined) return;
  const known = store.layerBlobs.listByLayer(diffId);
  if (known.some(({ digest }) => store.blobs.has(digest))) return;
  const problem =
    "the archive that was kept of it is missing; it runs, but it cannot be saved or pushed";
  const remedy = describeUsers(store, chainId);
  yield { kind: "archive-missing", subject: diffId, problem, remedy } satisfies Finding;
}

async function checkArchive(
  { store, isDeep }: CheckContext,
  digest: Digest,
): Promise<Finding | undefined> {
  const { blobs, layerBlobs, layers } = store;
  const row = layerBlobs.find(digest);
  const status = lstatSync(blobs.pathOf(digest), { throwIfNoEntry: false });
  // It may have gone while another one was read.
  if (status === undefined || blobs.isHeld(digest)) return undefined;
  if (row === undefined) {
    const mend = () => {
      blobs.remove(digest);
      return true;
    };
    const problem = "no layer that is here comes from it";
    return {
      kind: "archive-orphaned",
      subject: digest,
      problem,
      remedy: "--repair removes it",
      mend,
    };
  }
  const problem =
    status.size === row.sizeBytes
      ? isDeep && (await findDamage(store, digest))
      : `it has ${status.size} bytes, and not ${row.sizeBytes}`;
  if (problem === false || problem === undefined) return undefined;
  const [user] = layers.list().filter(({ diffId }) => diffId === row.diffId);
  const remedy = user === undefined ? "--repair removes it" : describeUsers(store, user.chainId);
  // The plain archive can still be made from the layer's files; without a recipe these bytes are all.
  const mend = () => {
    if (layers.findRebuildable(row.diffId) === undefined) return false;
    blobs.remove(digest);
    return true;
  };
  return { kind: "archive-damaged", subject: digest, problem, remedy, mend };
}

async function findDamage(
  { blobs }: CheckContext["store"],
  digest: Digest,
): Promise<string | undefined> {
  using _hold = blobs.hold(digest);
  const digester = new Digester();
  const slices = new Slices();
  for await (const chunk of blobs.read(digest)) {
    digester.update(chunk);
    await slices.pause();
  }
  const actual = digester.digest();
  return actual === digest ? undefined : `its bytes give ${actual}`;
}
