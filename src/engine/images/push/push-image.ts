import { EngineError } from "../../../base/errors.ts";
import type { Digest } from "../../../oci/digest.ts";
import {
  type Descriptor,
  type ImageIndex,
  isImage,
  MEDIA_TYPE,
  parseManifest,
} from "../../../oci/manifest.ts";
import {
  chooseForPlatform,
  fitsPlatform,
  formatPlatform,
  type Platform,
} from "../../../oci/platform.ts";
import {
  familiarReference,
  familiarRepository,
  type Reference,
  repositoryOf,
} from "../../../oci/reference.ts";
import type { RegistryClient, RepositoryAccess } from "../../../registry/registry-client.ts";
import type { ImageRow } from "../../../store/image-records.ts";
import type { ManifestRow } from "../../../store/manifest-records.ts";
import type { Store } from "../../../store/store.ts";
import { configOf } from "../image-configs.ts";
import { setName } from "../image-names.ts";
import type { ImageProgress } from "../progress.ts";
import type { Semaphore } from "../semaphore.ts";
import { BlobOrigins } from "./blob-origins.ts";
import { copyAttachment } from "./copy-attachment.ts";
import type { PushTarget } from "./push-layer.ts";
import { pushContent } from "./push-manifest.ts";

/** What pushes are done with. */
export interface PushContext {
  readonly store: Store;
  readonly registry: RegistryClient;
  readonly turns: Semaphore;
}

/** One name to be pushed. */
export interface ImagePush {
  /** With a tag. */
  readonly reference: Reference;
  readonly platform: Platform | undefined;
  readonly access: Omit<RepositoryAccess, "actions">;
  readonly tell: (line: ImageProgress) => void;
}

/** Sends an image to the registry of its name; returns the image's id. */
export async function pushImage(context: PushContext, push: ImagePush): Promise<Digest> {
  const { store } = context;
  const { reference, tell } = push;
  const named = store.references.findRow(reference);
  const image = named === undefined ? undefined : store.images.find(named.imageId);
  if (named === undefined || image === undefined) {
    throw new EngineError(
      "not-found",
      `An image does not exist locally with the tag: ${familiarRepository(reference)}`,
    );
  }
  const index = findIndex(store, named.target);
  const { platform } = push;
  if (index === undefined && platform !== undefined && !fitsPlatform(configOf(image), platform)) {
    throw notHere(reference, platform);
  }
  const target = targetOf(context, push);
  const { row, sizeBytes } =
    index === undefined
      ? await pushOne(target, image, { reference, preferred: named.target })
      : await pushOfIndex(target, { index, image, push });
  const tag = reference.tag ?? "";
  tell({ status: `${tag}: digest: ${row.digest} size: ${sizeBytes}` });
  tell({ aux: { Tag: tag, Digest: row.digest, Size: sizeBytes } });
  return image.id;
}

function targetOf({ store, registry, turns }: PushContext, push: ImagePush): PushTarget {
  const { reference, access, tell } = push;
  return {
    store,
    repository: registry.open(reference, { ...access, actions: "push" }),
    name: reference,
    origins: new BlobOrigins(store),
    open: (name) =>
      registry.open(name, { ...sameRegistry(reference, name, access), actions: "pull" }),
    turns,
    signal: access.signal,
    tell,
  };
}

/** Nobody but the registry that they are for gets the credentials. */
function sameRegistry(
  { domain }: Reference,
  other: Pick<Reference, "domain">,
  { credentials, signal, headers = {} }: ImagePush["access"],
): ImagePush["access"] {
  if (other.domain === domain) return { credentials, signal, headers };
  return { credentials: { kind: "none" }, signal };
}

interface StoredIndex {
  readonly row: ManifestRow;
  readonly document: ImageIndex;
}

function findIndex({ manifests }: Store, digest: Digest | null): StoredIndex | undefined {
  const row = digest === null ? undefined : manifests.find(digest);
  if (row === undefined) return undefined;
  const document = parseManifest(new TextDecoder().decode(row.content), row.digest);
  return document.kind === "index" ? { row, document } : undefined;
}

interface Pushed {
  readonly row: ManifestRow;
  readonly sizeBytes: number;
}

/** Sends one image under a tag, and notes by which manifest it is there. */
async function pushOne(
  target: PushTarget,
  image: ImageRow,
  { reference, preferred }: { readonly reference: Reference; readonly preferred: Digest | null },
): Promise<Pushed> {
  const row = await pushContent(target, image, preferred === null ? [] : [preferred]);
  await target.repository.putManifest(reference.tag ?? row.digest, toRemote(row));
  note(target, { reference, image, rows: [row], named: row.digest });
  return { row, sizeBytes: row.content.length };
}

/** The whole index, where all of its images are here; else the one image, with a note that it is so. */
async function pushOfIndex(
  target: PushTarget,
  { index, image, push }: { index: StoredIndex; image: ImageRow; push: ImagePush },
): Promise<Pushed> {
  const { reference, platform } = push;
  const members = index.document.manifests.filter(isImage);
  const here = members.filter(({ digest }) => imageOf(target.store, digest) !== undefined);
  if (platform !== undefined) {
    const chosen = chooseForPlatform(here, platform);
    if (chosen === undefined) throw notHere(reference, platform);
    const row = await imageOf(target.store, chosen.digest);
    return pushOne(target, row ?? image, { reference, preferred: chosen.digest });
  }
  if (here.length === members.length && (await pushWhole(target, index, reference))) {
    note(target, { reference, image, rows: [index.row], named: index.row.digest });
    return { row: index.row, sizeBytes: index.row.content.length };
  }
  const mine = here.find(({ digest }) => imageOf(target.store, digest)?.id === image.id);
  const pushed = await pushOne(target, image, { reference, preferred: mine?.digest ?? null });
  target.tell({ aux: insteadOf(index, pushed.row) });
  return pushed;
}

/** False: something that goes with the images is nowhere to be had. */
async function pushWhole(
  target: PushTarget,
  { row, document }: StoredIndex,
  { tag }: Reference,
): Promise<boolean> {
  for (const member of document.manifests) {
    const isThere = isImage(member)
      ? await pushMember(target, member)
      : await copyAttachment(target, row.digest, member);
    if (!isThere) return false;
  }
  await target.repository.putManifest(tag ?? row.digest, toRemote(row));
  return true;
}

async function pushMember(target: PushTarget, { digest }: Descriptor): Promise<boolean> {
  const image = imageOf(target.store, digest);
  if (image === undefined) return false;
  const row = await pushContent(target, image, [digest]);
  // An index names its images by digest: another manifest would not do.
  if (row.digest !== digest) return false;
  await target.repository.putManifest(digest, toRemote(row));
  return true;
}

function imageOf({ manifests, images }: Store, digest: Digest): ImageRow | undefined {
  const [id] = manifests.listImages(digest);
  return id === undefined ? undefined : images.find(id);
}

function note(
  { store }: PushTarget,
  pushed: { reference: Reference; image: ImageRow; rows: readonly ManifestRow[]; named: Digest },
): void {
  const { reference, image, rows, named } = pushed;
  const { domain, path } = reference;
  store.transaction(() => {
    // It may have been removed, or its name may stand for another one by now.
    if (store.images.find(image.id) === undefined) return;
    for (const row of rows) store.manifests.add(image.id, row);
    const target = { id: image.id, target: named };
    const before = store.references.findRow(reference);
    // One image of an index that went by itself does not make the name stand for less here.
    if (before?.imageId === image.id && findIndex(store, before.target) === undefined) {
      store.references.set(reference, image.id, named);
    }
    setName(store, { domain, path, digest: named }, target);
  });
}

function toRemote({ mediaType, content }: ManifestRow) {
  return { mediaType, bytes: content };
}

/** As Docker's client reads it. */
function insteadOf({ row }: StoredIndex, selected: ManifestRow) {
  return {
    manifestPushedInsteadOfIndex: true,
    originalIndex: { mediaType: row.mediaType, digest: row.digest, size: row.content.length },
    selectedManifest: {
      mediaType: selected.mediaType || MEDIA_TYPE.manifest,
      digest: selected.digest,
      size: selected.content.length,
    },
  };
}

function notHere(reference: Reference, platform: Platform): EngineError {
  return new EngineError(
    "not-found",
    `image with reference ${familiarReference(reference)} was found but does not provide the specified platform (${formatPlatform(platform)})`,
  );
}

/** What a push begins with. */
export function refersTo(reference: Reference): ImageProgress {
  return { status: `The push refers to repository [${repositoryOf(reference)}]` };
}
