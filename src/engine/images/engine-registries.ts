import { EngineError } from "../../base/errors.ts";
import type { Digest } from "../../oci/digest.ts";
import { parseImageConfig } from "../../oci/image.ts";
import { isImage, parseManifest } from "../../oci/manifest.ts";
import { type Platform, parsePlatform } from "../../oci/platform.ts";
import {
  familiarReference,
  familiarRepository,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from "../../oci/reference.ts";
import type { RegistryClient } from "../../registry/registry-client.ts";
import type { Repository } from "../../registry/repository.ts";
import type { LayerBlobRow } from "../../store/layer-blob-records.ts";
import type { Store } from "../../store/store.ts";
import type { Images, ImportOptions } from "../image-facade.ts";
import type {
  Credentials,
  PullRequest,
  PushRequest,
  Registries,
  RegistryAccess,
  RemoteDescription,
  SearchResult,
} from "../registry-facade.ts";
import { fetchLayer } from "./fetch-layer.ts";
import { type ImageProgress, ProgressLines } from "./progress.ts";
import { BlobDownloads } from "./pull/blob-downloads.ts";
import { LayerPulls } from "./pull/layer-pulls.ts";
import { type PullContext, pullImage } from "./pull/pull-image.ts";
import { type PushContext, pushImage, refersTo } from "./push/push-image.ts";
import { Semaphore } from "./semaphore.ts";

const MAX_CONFIG_BYTES = 8 << 20;

export interface RegistryParts {
  readonly store: Store;
  readonly registry: RegistryClient;
  readonly images: Pick<Images, "import">;
  readonly maxDownloads: number;
  readonly maxUploads: number;
  /** Is told of what came and went, by the name that the user knows. */
  readonly onEvent: (action: "pull" | "push", name: string, repository: string) => void;
}

type Tell = (line: ImageProgress) => void;

/** What the engine does with registries. */
export class EngineRegistries implements Registries {
  readonly #parts: RegistryParts;
  readonly #pull: PullContext;
  readonly #push: PushContext;

  constructor(parts: RegistryParts) {
    const { store, registry, maxDownloads, maxUploads } = parts;
    const downloads = new BlobDownloads(store.partials, new Semaphore(maxDownloads));
    this.#parts = parts;
    this.#pull = { store, registry, downloads, layers: new LayerPulls(store, downloads) };
    this.#push = { store, registry, turns: new Semaphore(maxUploads) };
  }

  /** Gets a layer's archive from where it came from, for who mends the store. */
  fetchLayer(diffId: Digest, archives: readonly LayerBlobRow[]) {
    return fetchLayer(this.#pull, diffId, archives);
  }

  pull(request: PullRequest, signal: AbortSignal): AsyncIterable<ImageProgress> {
    const { ref, allTags, platform } = request;
    const reference = parseReference(ref);
    const access = accessOf(request, signal);
    const wanted = platform === undefined ? undefined : parsePlatform(platform);
    return follow(async (tell) => {
      const references = allTags ? await this.#listTags(reference, access) : [reference];
      for (const one of references) await this.#pullOne(one, { access, platform: wanted, tell });
    });
  }

  push(request: PushRequest, signal: AbortSignal): AsyncIterable<ImageProgress> {
    const { ref, tag, platform } = request;
    const reference = parseReference(tag === undefined ? ref : `${ref}:${tag}`);
    if (reference.digest !== undefined)
      throw new EngineError("invalid", "cannot push a digest reference");
    const access = accessOf(request, signal);
    const wanted = platform === undefined ? undefined : parsePlatform(platform);
    return follow(async (tell) => {
      tell(refersTo(reference));
      for (const one of this.#chooseTags(reference)) {
        await pushImage(this.#push, { reference: one, access, platform: wanted, tell });
        this.#parts.onEvent("push", familiarReference(one), familiarRepository(one));
      }
    });
  }

  importFrom(
    source: string,
    options: ImportOptions,
    signal: AbortSignal,
  ): AsyncIterable<ImageProgress> {
    const url = parseSource(source);
    const { registry, images } = this.#parts;
    return follow(async (tell) => {
      const { sizeBytes, bytes } = await registry.fetchArchive(url, signal);
      tell({ status: `Downloading from ${url.href}` });
      const counted = countBytes(bytes, (current) => {
        const total = sizeBytes ?? current;
        tell({ status: "Importing", id: "Importing", progress: { current, total } });
      });
      tell({ status: await images.import(counted, { ...options, source: url.href }) });
    });
  }

  async describe(
    ref: string,
    access: RegistryAccess,
    signal: AbortSignal,
  ): Promise<RemoteDescription> {
    const reference = withDefaultTag(parseReference(ref));
    const repository = this.#open(reference, accessOf(access, signal));
    const wanted = reference.digest ?? reference.tag ?? "";
    const { mediaType, digest, bytes } = await repository.getManifest(wanted);
    const platforms = await listPlatforms(repository, bytes, digest);
    return { mediaType, digest, sizeBytes: bytes.length, platforms };
  }

  search(
    term: string,
    query: { readonly limit?: number; readonly credentials: Credentials },
    signal: AbortSignal,
  ): Promise<readonly SearchResult[]> {
    return this.#parts.registry.search(term, { ...query, signal });
  }

  login(serverAddress: string, credentials: Credentials, signal: AbortSignal) {
    return this.#parts.registry.login(serverAddress, credentials, signal);
  }

  #open(reference: Reference, access: ReturnType<typeof accessOf>): Repository {
    return this.#parts.registry.open(reference, { ...access, actions: "pull" });
  }

  async #pullOne(
    reference: Reference,
    how: {
      readonly access: ReturnType<typeof accessOf>;
      readonly platform: Platform | undefined;
      readonly tell: Tell;
    },
  ): Promise<void> {
    await pullImage(this.#pull, { reference, ...how });
    const named = withDefaultTag(reference);
    this.#parts.onEvent("pull", familiarReference(named), familiarRepository(named));
  }

  async #listTags(
    reference: Reference,
    access: ReturnType<typeof accessOf>,
  ): Promise<readonly Reference[]> {
    const { domain, path } = reference;
    const tags = await this.#open(reference, access).listTags();
    return tags.map((tag) => ({ domain, path, tag }));
  }

  /** The one that was asked for, or all of its repository. */
  #chooseTags(reference: Reference): readonly Reference[] {
    if (reference.tag !== undefined) return [reference];
    const found = this.#parts.store.references
      .list()
      .map((row) => row.reference)
      .filter((one) => one.tag !== undefined && repositoryOf(one) === repositoryOf(reference));
    if (found.length > 0) return found;
    throw new EngineError(
      "not-found",
      `An image does not exist locally with the tag: ${familiarRepository(reference)}`,
    );
  }
}

function accessOf({ credentials, headers }: RegistryAccess, signal: AbortSignal) {
  return { credentials, headers, signal };
}

/** Does work that tells lines, for a reader of the lines. */
function follow(work: (tell: Tell) => Promise<void>): AsyncIterable<ImageProgress> {
  const lines = new ProgressLines();
  return lines.read(work((line) => lines.tell(line)));
}

/** A URL; an address alone is one of http. */
function parseSource(source: string): URL {
  const url = URL.parse(source.includes("://") ? source : `http://${source}`);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new EngineError(
    "invalid",
    `Cannot import from "${source}": want a URL of http or https, or -`,
  );
}

async function* countBytes(
  bytes: AsyncIterable<Uint8Array>,
  onCount: (total: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    onCount(total);
    yield chunk;
  }
}

async function listPlatforms(
  repository: Repository,
  bytes: Uint8Array,
  what: string,
): Promise<readonly Platform[]> {
  const document = parseManifest(new TextDecoder().decode(bytes), what);
  if (document.kind === "index") {
    return document.manifests.filter(isImage).flatMap(({ platform }) => platform ?? []);
  }
  const config = await repository.readSmallBlob(document.config, MAX_CONFIG_BYTES);
  const { os, architecture, variant } = parseImageConfig(new TextDecoder().decode(config));
  return [{ os, architecture, variant }];
}
