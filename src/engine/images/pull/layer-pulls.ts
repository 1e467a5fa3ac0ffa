import { EngineError } from "../../../base/errors.ts";
import type { Digest } from "../../../oci/digest.ts";
import type { HeldLayer } from "../../../store/layer-build.ts";
import type { Store } from "../../../store/store.ts";
import { type Shared, SharedWork, type WorkContext } from "../shared-work.ts";
import { untilAborted } from "../until-aborted.ts";
import type { BlobDownloads, BlobRequest } from "./blob-downloads.ts";

/** A layer to be brought here. */
export interface LayerRequest extends BlobRequest {
  readonly chainId: Digest;
  readonly diffId: Digest;
  readonly below: Digest | null;
  /** Resolves when the layer below is in its place. */
  readonly belowIsReady: Promise<unknown>;
}

/** What a layer is at. */
export type LayerNews =
  | { readonly kind: "downloading"; readonly current: number }
  | { readonly kind: "downloaded" }
  | { readonly kind: "extracting"; readonly current: number };

/** A layer that is in its place, and what its blob was. */
export interface PulledLayer {
  readonly layer: HeldLayer;
  readonly blobDigest: Digest;
  readonly blobPath: string;
}

export type LayerTicket = Shared<PulledLayer, LayerNews> & AsyncDisposable;

/** Brings layers here: downloads them, unpacks them while they come, and puts them in their places. */
export class LayerPulls {
  readonly #store: Store;
  readonly #downloads: BlobDownloads;
  readonly #shared = new SharedWork<Digest, PulledLayer, LayerNews>();

  constructor(store: Store, downloads: BlobDownloads) {
    this.#store = store;
    this.#downloads = downloads;
  }

  /** Joins the work on a layer, or begins it. The layer is held until the last one leaves. */
  join(request: LayerRequest): LayerTicket {
    return this.#shared.join(
      request.chainId,
      (context) => this.#bring(request, context),
      ({ layer }) => layer[Symbol.dispose](),
    );
  }

  async #bring(request: LayerRequest, context: WorkContext<LayerNews>): Promise<PulledLayer> {
    const first = await this.#try(request, context);
    if (first !== "bad-remains") return first;
    // What was here from before spoilt it: once more, from the beginning.
    const second = await this.#try(request, context);
    if (second !== "bad-remains") return second;
    // Another pull still held on to it.
    throw new EngineError(
      "unavailable",
      `Cannot pull layer ${request.blob.digest}: what was here of it was damaged, and is thrown away; try again`,
    );
  }

  async #try(
    request: LayerRequest,
    { signal, tell }: WorkContext<LayerNews>,
  ): Promise<PulledLayer | "bad-remains"> {
    const { blob, below, diffId } = request;
    await using download = this.#downloads.join(request);
    const { file, isResumed } = await download.done;
    using _news = file.watch(({ sizeBytes, isComplete }) =>
      tell(isComplete ? { kind: "downloaded" } : { kind: "downloading", current: sizeBytes }),
    );
    await using build = this.#store.buildLayer(file, {
      endMark: "optional",
      onRead: (current) => {
        if (file.growth.isComplete) tell({ kind: "extracting", current });
      },
    });
    const content = await untilAborted(build.content, signal).catch((cause) => {
      // The transfer's own failure says nothing against the bytes that are here.
      if (file.growth.failure !== undefined || signal.aborted) throw cause;
      this.#downloads.consume(blob.digest);
      if (isResumed) return undefined;
      throw cause;
    });
    if (content === undefined) return "bad-remains";
    // What is no good now is none the next time either.
    if (content.blobDigest !== blob.digest || content.diffId !== diffId) {
      this.#downloads.consume(blob.digest);
    }
    if (content.blobDigest !== blob.digest && isResumed) return "bad-remains";
    await untilAborted(request.belowIsReady, signal);
    const layer = await build.place(below, { diffId, blobDigest: blob.digest });
    return { layer, blobDigest: blob.digest, blobPath: file.path };
  }
}
