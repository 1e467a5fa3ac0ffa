import type { Digest } from "../../../oci/digest.ts";
import type { Manifest } from "../../../oci/manifest.ts";
import { isForeign } from "../../../oci/media-types.ts";
import type { ImageRow } from "../../../store/image-records.ts";
import type { ManifestRow } from "../../../store/manifest-records.ts";
import { listManifests, makeManifest } from "../describe-image.ts";
import { configOf } from "../image-configs.ts";
import { LayerPush, type PushTarget } from "./push-layer.ts";

type BlobForm = Parameters<typeof makeManifest>[1][number];

/**
 * Sends all that one image consists of, but for its manifest, which is returned: one that the image is
 * known by, byte for byte, where all of its blobs can be had; else a new one.
 */
export async function pushContent(
  target: PushTarget,
  image: ImageRow,
  preferred: readonly Digest[],
): Promise<ManifestRow> {
  const { diffIds } = configOf(image);
  for (const diffId of diffIds) tellPreparing(target, diffId);
  const [best] = listManifests(target.store, image.id).toSorted(
    (a, b) => rank(preferred, a.row) - rank(preferred, b.row),
  );
  await pushConfig(target, image);
  if (best !== undefined && (await pushExactly(target, best.manifest, diffIds))) return best.row;
  const layers = await all(diffIds.map((diffId) => pushSomehow(target, diffId)));
  return makeManifest(image, layers);
}

function rank(preferred: readonly Digest[], { digest }: ManifestRow): number {
  const at = preferred.indexOf(digest);
  return at < 0 ? preferred.length : at;
}

function tellPreparing({ tell }: PushTarget, diffId: Digest): void {
  tell({ status: "Preparing", id: diffId.slice("sha256:".length).slice(0, 12) });
}

async function pushConfig({ repository }: PushTarget, { id, config }: ImageRow): Promise<void> {
  if ((await repository.hasBlob(id)) !== undefined) return;
  await repository.uploadBlob({
    sizeBytes: config.length,
    digest: () => id,
    open: async function* (offset: number) {
      yield config.subarray(offset);
    },
  });
}

/** False: one of the blobs that the manifest names is nowhere to be had. */
async function pushExactly(
  target: PushTarget,
  { layers }: Manifest,
  diffIds: readonly Digest[],
): Promise<boolean> {
  const pushed = await all(
    layers.map((blob, i) => {
      const diffId = diffIds[i] ?? blob.digest;
      if (isForeign(blob)) return tellForeign(target, diffId);
      return new LayerPush(target, diffId).exactly(blob);
    }),
  );
  return !pushed.includes(false);
}

/** Others fetch it from where its descriptor says. */
async function tellForeign({ tell }: PushTarget, diffId: Digest): Promise<boolean> {
  tell({ status: "Skipped foreign layer", id: diffId.slice("sha256:".length).slice(0, 12) });
  return true;
}

/** In a form that the registry, or another, has already; else compressed anew. */
async function pushSomehow(target: PushTarget, diffId: Digest): Promise<BlobForm> {
  const push = new LayerPush(target, diffId);
  const known = target.store.layerBlobs
    .listByLayer(diffId)
    .filter(({ compression }) => compression !== "none");
  for (const blob of known) if (await push.exactly(blob)) return blob;
  const made = await push.anew();
  const { digest, sizeBytes, compression } = made;
  target.store.layerBlobs.insert({ digest, diffId, sizeBytes, compression });
  return made;
}

/** Waits for all, and then tells the first failure: nothing goes on behind the caller's back. */
async function all<Result>(works: readonly Promise<Result>[]): Promise<readonly Result[]> {
  await Promise.allSettled(works);
  return await Promise.all(works);
}
