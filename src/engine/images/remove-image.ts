import { EngineError } from "../../base/errors.ts";
import type { Digest } from "../../oci/digest.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  repositoryOf,
  withDefaultTag,
} from "../../oci/reference.ts";
import type { ContainerRow } from "../../store/containers.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { LayerRow } from "../../store/layer-records.ts";
import type { Store } from "../../store/store.ts";
import type { ImageRemoval } from "../image-facade.ts";
import { getImage, isIdPrefix, splitNames } from "./find-image.ts";

const RUNNING: readonly string[] = ["running", "paused", "restarting"];

/** What a removal did. */
export interface Removed {
  readonly image: ImageRow;
  readonly untagged: readonly Reference[];
  /** Undefined: the image stays, with its other names. */
  readonly layers: readonly LayerRow[] | undefined;
  /** With the archives that were kept of the layers. */
  readonly reclaimedBytes: number;
}

/**
 * Removes a name of an image, and the image with its last name. An image that a container needs, and
 * one that is named by its id and has several names, only goes with force.
 */
export async function removeImage(store: Store, ref: string, force: boolean): Promise<Removed> {
  const image = getImage(store, ref);
  const names = store.references.listByImage(image.id);
  if (isIdPrefix(image, ref)) {
    // All names go with the id only where they are one repository's, or by force.
    checkConflict(store, image, { force, names: isSingleName(names) ? [] : names });
    return removeWhole(store, image, names);
  }

  if (!force && isSingleName(names)) checkNameUse(store, image, ref);
  const untagged = namesToRemove(withDefaultTag(parseReference(ref)), names);
  const remaining = names.filter((name) => !untagged.includes(name));
  if (remaining.length > 0 || findUser(store, image.id, RUNNING) !== undefined) {
    store.transaction(() => untag(store, untagged));
    return { image, untagged, layers: undefined, reclaimedBytes: 0 };
  }
  checkConflict(store, image, { force, names: [] });
  return removeWhole(store, image, untagged);
}

/** As Docker's answer lists it. */
export function toRemovals({ image, untagged, layers }: Removed): readonly ImageRemoval[] {
  return [
    ...untagged.map((name) => ({ untagged: familiarReference(name) })),
    ...(layers === undefined ? [] : [{ deleted: image.id }]),
    ...(layers ?? []).map(({ chainId }) => ({ deleted: chainId })),
  ];
}

async function removeWhole(
  store: Store,
  image: ImageRow,
  names: readonly Reference[],
): Promise<Removed> {
  store.transaction(() => untag(store, names));
  const { layers, archiveBytes } = store.removeImage(image.id);
  const reclaimedBytes = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, archiveBytes);
  return { image, untagged: names, layers, reclaimedBytes };
}

function untag({ references }: Store, names: readonly Reference[]): void {
  for (const name of names) references.remove(name);
}

/** With a repository's last tag, its digests go too. */
function namesToRemove(name: Reference, names: readonly Reference[]): readonly Reference[] {
  const asked = names.filter((known) => familiarReference(known) === familiarReference(name));
  const same = names.filter((known) => repositoryOf(known) === repositoryOf(name));
  const { tags, digests } = splitNames(same.filter((known) => !asked.includes(known)));
  return name.digest === undefined && tags.length === 0 ? [...asked, ...digests] : asked;
}

/** One tag, with or without the digest of the same repository. */
function isSingleName(names: readonly Reference[]): boolean {
  const { tags } = splitNames(names);
  return tags.length <= 1 && new Set(names.map(repositoryOf)).size <= 1;
}

function checkNameUse(store: Store, image: ImageRow, ref: string): void {
  const user = findUser(store, image.id);
  if (user === undefined) return;
  throw new EngineError(
    "conflict",
    `conflict: unable to remove repository reference "${ref}" (must force) - container ` +
      `${short(user.id)} is using its referenced image ${short(image.id)}`,
  );
}

/** A running container keeps its image, whatever is asked; all else gives way to force. */
function checkConflict(
  store: Store,
  image: ImageRow,
  { force, names }: { readonly force: boolean; readonly names: readonly Reference[] },
): void {
  const [mounting] = store.containers.listByMountedImage(image.id);
  if (mounting !== undefined) {
    const why = `image is mounted in container ${short(mounting.id)}`;
    throw conflict(image, "cannot be forced", why);
  }
  const running = findUser(store, image.id, RUNNING);
  if (running !== undefined) {
    const why = `image is being used by running container ${short(running.id)}`;
    throw conflict(image, "cannot be forced", why);
  }
  if (force) return;
  if (names.length > 0) {
    throw conflict(image, "must be forced", "image is referenced in multiple repositories");
  }
  const stopped = findUser(store, image.id);
  if (stopped !== undefined) {
    const why = `image is being used by stopped container ${short(stopped.id)}`;
    throw conflict(image, "must be forced", why);
  }
}

function conflict({ id }: ImageRow, force: string, why: string): EngineError {
  return new EngineError("conflict", `conflict: unable to delete ${short(id)} (${force}) - ${why}`);
}

function findUser(
  { containers }: Store,
  imageId: Digest,
  statuses?: readonly string[],
): ContainerRow | undefined {
  return containers
    .listByImage(imageId)
    .find(({ status }) => statuses === undefined || statuses.includes(status));
}

function short(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}
