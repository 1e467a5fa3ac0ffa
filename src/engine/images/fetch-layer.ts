import { EngineError } from "../../base/errors.ts";
import type { Digest } from "../../oci/digest.ts";
import type { RegistryClient } from "../../registry/registry-client.ts";
import type { FetchedArchive } from "../../store/check/finding.ts";
import type { Growth } from "../../store/growing-file.ts";
import type { LayerBlobRow } from "../../store/layer-blob-records.ts";
import type { Store } from "../../store/store.ts";
import type { BlobDownloads, Download } from "./pull/blob-downloads.ts";
import { BlobOrigins } from "./push/blob-origins.ts";

/** What a layer's archive is fetched with. */
export interface LayerSources {
  readonly store: Store;
  readonly registry: RegistryClient;
  readonly downloads: BlobDownloads;
}

/**
 * Gets a layer's archive from a registry that an image here came from, as anybody may; undefined where
 * none gives it. Whether it is the right one is for who unpacks it to see.
 */
export async function fetchLayer(
  { store, registry, downloads }: LayerSources,
  _diffId: Digest,
  archives: readonly LayerBlobRow[],
): Promise<FetchedArchive | undefined> {
  const origins = new BlobOrigins(store);
  for (const { digest, sizeBytes } of archives) {
    for (const origin of origins.list(digest)) {
      const download = downloads.join({
        blob: { digest, sizeBytes },
        open: (signal) =>
          registry.open(origin, { credentials: { kind: "none" }, actions: "pull", signal }),
      });
      if (await isWhole(download.done)) return toArchive(download, downloads, digest);
      await download[Symbol.asyncDispose]();
    }
  }
  return undefined;
}

async function isWhole(download: Promise<Download>): Promise<boolean> {
  const { file } = await download;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  using _watch = file.watch(({ isComplete, failure }: Growth) => {
    if (isComplete) resolve(true);
    // Another place may have it.
    else if (failure instanceof EngineError) resolve(false);
    else if (failure !== undefined) reject(failure);
  });
  return await promise;
}

async function toArchive(
  download: ReturnType<BlobDownloads["join"]>,
  downloads: BlobDownloads,
  digest: Digest,
): Promise<FetchedArchive> {
  const { file } = await download.done;
  return {
    path: file.path,
    [Symbol.asyncDispose]: async () => {
      downloads.consume(digest);
      await download[Symbol.asyncDispose]();
    },
  };
}
