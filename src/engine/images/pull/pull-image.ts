import { chainIds, type Digest, hexOf } from "../../../oci/digest.ts";
import type { Descriptor } from "../../../oci/manifest.ts";
import { isForeign } from "../../../oci/media-types.ts";
import { hostPlatform, type Platform } from "../../../oci/platform.ts";
import { familiarReference, type Reference, withDefaultTag } from "../../../oci/reference.ts";
import type { RegistryClient, RepositoryAccess } from "../../../registry/registry-client.ts";
import type { Repository } from "../../../registry/repository.ts";
import type { ImageIntake } from "../../../store/image-intake.ts";
import type { Store } from "../../../store/store.ts";
import { setName } from "../image-names.ts";
import type { ImageProgress } from "../progress.ts";
import { untilAborted } from "../until-aborted.ts";
import type { BlobDownloads } from "./blob-downloads.ts";
import type { LayerNews, LayerPulls, LayerTicket } from "./layer-pulls.ts";
import { checkRoom, type RemoteImage, readRemoteImage } from "./remote-image.ts";

/** What pulls are done with. */
export interface PullContext {
  readonly store: Store;
  readonly registry: RegistryClient;
  readonly downloads: BlobDownloads;
  readonly layers: LayerPulls;
}

/** One image to be pulled. */
export interface ImagePull {
  /** With a tag or a digest. */
  readonly reference: Reference;
  /** Undefined: what runs here. */
  readonly platform: Platform | undefined;
  readonly access: Omit<RepositoryAccess, "actions">;
  readonly tell: (line: ImageProgress) => void;
}

/** Brings an image here under its name; nothing of it is to be seen before all of it is there. */
export async function pullImage(context: PullContext, pull: ImagePull): Promise<void> {
  const { reference, access, tell, platform } = pull;
  const named = withDefaultTag(reference);
  const wanted = named.digest ?? named.tag ?? "";
  const repository = context.registry.open(reference, { ...access, actions: "pull" });
  const root = await repository.getManifest(wanted);
  tell({ status: `Pulling from ${reference.path}`, id: wanted });
  const image = await readRemoteImage(repository, root, {
    name: familiarReference(named),
    platform: platform ?? hostPlatform(),
    isAsked: platform !== undefined,
  });
  const isNew = await new ImageArrival(context, pull, image).bring();
  tell({ status: `Digest: ${image.digest}` });
  const what = isNew ? "Downloaded newer image for" : "Image is up to date for";
  tell({ status: `Status: ${what} ${familiarReference(named)}` });
}

/** An image of which all is known, and whose layers are to come. */
class ImageArrival {
  readonly #context: PullContext;
  readonly #pull: ImagePull;
  readonly #image: RemoteImage;

  constructor(context: PullContext, pull: ImagePull, image: RemoteImage) {
    this.#context = context;
    this.#pull = pull;
    this.#image = image;
  }

  /** False: it was here already, under this name. */
  async bring(): Promise<boolean> {
    const { store } = this.#context;
    const name = withDefaultTag(this.#pull.reference);
    const isHere = store.images.find(this.#image.id) !== undefined;
    const wasNamed = store.references.find(name) === this.#image.id;
    await using intake = store.newIntake();
    using holds = new DisposableStack();
    for (const { digest } of this.#image.layers) holds.use(store.partials.hold(digest));
    if (!isHere) await this.#bringLayers(intake);
    intake.commit(isHere ? [] : [this.#toNewImage()], () => this.#setNames());
    for (const { digest } of this.#image.layers) this.#context.downloads.consume(digest);
    return !isHere || !wasNamed;
  }

  #toNewImage() {
    const { configBytes, config, manifests } = this.#image;
    return { config: configBytes, layers: chainIds(config.diffIds), manifests };
  }

  #setNames(): void {
    const { store } = this.#context;
    const { id, digest, manifests } = this.#image;
    for (const manifest of manifests) store.manifests.add(id, manifest);
    const { domain, path, tag } = withDefaultTag(this.#pull.reference);
    const target = { id, target: digest };
    if (tag !== undefined) setName(store, { domain, path, tag }, target);
    setName(store, { domain, path, digest }, target);
  }

  async #bringLayers(intake: ImageIntake): Promise<void> {
    const chain = chainIds(this.#image.config.diffIds);
    const missing = chain.filter((chainId) => !intake.findLayer(chainId));
    checkRoom(
      this.#context.store.dataRoot,
      this.#image.layers.filter((_, i) => missing.includes(chain[i] as Digest)),
    );
    await using tickets = new AsyncDisposableStack();
    const works: Promise<void>[] = [];
    let belowIsReady: Promise<unknown> = Promise.resolve();
    for (const [i, blob] of this.#image.layers.entries()) {
      const chainId = chain[i];
      if (chainId === undefined) continue;
      if (!missing.includes(chainId)) {
        this.#tellLayer(blob, "Already exists");
        continue;
      }
      this.#tellLayer(blob, "Pulling fs layer");
      const ticket = tickets.use(this.#join(i, chain, belowIsReady));
      belowIsReady = ticket.done;
      works.push(this.#follow(ticket, blob, intake));
    }
    await firstFailure(works);
  }

  #join(index: number, chain: readonly Digest[], belowIsReady: Promise<unknown>): LayerTicket {
    const { config, layers } = this.#image;
    const blob = layers[index] as Descriptor;
    return this.#context.layers.join({
      blob: toRemoteBlob(blob),
      chainId: chain[index] as Digest,
      diffId: config.diffIds[index] as Digest,
      below: chain[index - 1] ?? null,
      belowIsReady,
      open: (signal) => this.#open(signal),
    });
  }

  /** Work that others may share outlives the request that it was begun for. */
  #open(signal: AbortSignal): Repository {
    const { reference, access } = this.#pull;
    return this.#context.registry.open(reference, { ...access, signal, actions: "pull" });
  }

  async #follow(ticket: LayerTicket, blob: Descriptor, intake: ImageIntake): Promise<void> {
    using _news = ticket.watch(new LayerStory(blob, this.#pull.tell).take);
    const { layer, blobDigest, blobPath } = await untilAborted(
      ticket.done,
      this.#pull.access.signal,
    );
    const { chainId, diffId } = layer.row;
    intake.findLayer(chainId);
    const known = this.#context.store.layerBlobs.find(blob.digest);
    // Another pull may have brought the same layer as another archive.
    if (known?.diffId === diffId && blobDigest === blob.digest) {
      intake.offerBlob(blobPath, known, { isFetchable: !isForeign(blob) });
    }
    this.#tellLayer(blob, "Pull complete");
  }

  #tellLayer(blob: Descriptor, status: string): void {
    this.#pull.tell({ status, id: shortId(blob) });
  }
}

/** Tells Docker's words for what becomes of a layer. */
class LayerStory {
  readonly #blob: Descriptor;
  readonly #tell: ImagePull["tell"];
  #last = "";

  constructor(blob: Descriptor, tell: ImagePull["tell"]) {
    this.#blob = blob;
    this.#tell = tell;
  }

  readonly take = (news: LayerNews): void => {
    const id = shortId(this.#blob);
    const total = this.#blob.sizeBytes;
    if (news.kind === "downloaded") {
      if (this.#last !== "downloading") this.#tell({ status: "Verifying Checksum", id });
      this.#tell({ status: "Download complete", id });
    } else {
      const status = news.kind === "downloading" ? "Downloading" : "Extracting";
      this.#tell({ status, id, progress: { current: news.current, total } });
    }
    this.#last = news.kind;
  };
}

function shortId({ digest }: Descriptor): string {
  return hexOf(digest).slice(0, 12);
}

function toRemoteBlob({ digest, sizeBytes, urls, mediaType }: Descriptor) {
  const isElsewhere = urls !== undefined && isForeign({ mediaType });
  return { digest, sizeBytes, ...(isElsewhere ? { urls } : {}) };
}

/** Waits for all; the first that fails is what is told, as it is what others fail of. */
async function firstFailure(works: readonly Promise<void>[]): Promise<void> {
  for (const work of works) work.catch(() => undefined);
  await Promise.all(works);
}
