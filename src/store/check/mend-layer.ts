import { lstatSync } from "node:fs";
import type { Digest } from "../../oci/digest.ts";
import { GrowingFile } from "../growing-file.ts";
import type { LayerRow } from "../layer-records.ts";
import type { CheckContext } from "./finding.ts";

/** Unpacks a layer anew in the place of the one that is damaged. False: it has to stay. */
export async function mendLayer(context: CheckContext, row: LayerRow): Promise<boolean> {
  const { store } = context;
  using _layer = store.layers.hold(row.chainId);
  const archives = store.layerBlobs.listByLayer(row.diffId);
  const kept = archives.find(({ digest }) => store.blobs.has(digest));
  if (kept !== undefined) {
    using _blob = store.blobs.hold(kept.digest);
    return await restore(context, row, store.blobs.pathOf(kept.digest));
  }
  await using fetched = await context.fetchLayer?.(row.diffId, archives);
  return fetched === undefined ? false : await restore(context, row, fetched.path);
}

async function restore(context: CheckContext, row: LayerRow, path: string): Promise<boolean> {
  const { store } = context;
  const file = new GrowingFile(path);
  file.grow(lstatSync(path).size);
  file.complete();
  await using build = store.buildLayer(file, { endMark: "optional" });
  await build.restore(row, () => !isBusy(context, row.chainId));
  const isRestored = store.layers.find(row.chainId) !== undefined && !isBusy(context, row.chainId);
  if (isRestored) store.diskUsage.forgetLayer(row.key);
  return isRestored;
}

/** The root file system of a running container is mounted from these very files. */
function isBusy({ store, isRunning }: CheckContext, chainId: Digest): boolean {
  const running = store.containers.listImages().filter(({ id }) => isRunning(id));
  return running.some(({ id }) => store.snapshots.listLayers(id).includes(chainId));
}
