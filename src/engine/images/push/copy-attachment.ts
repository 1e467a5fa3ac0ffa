import { EngineError } from "../../../base/errors.ts";
import type { Digest } from "../../../oci/digest.ts";
import { type Descriptor, parseManifest } from "../../../oci/manifest.ts";
import type { Reference } from "../../../oci/reference.ts";
import type { Repository } from "../../../registry/repository.ts";
import type { PushTarget } from "./push-layer.ts";

/**
 * Brings what an index says about its images, such as how one was built, from the registry that the
 * index came from: it is not kept here. False: it is not to be had.
 */
export async function copyAttachment(
  target: PushTarget,
  index: Digest,
  member: Descriptor,
): Promise<boolean> {
  if ((await target.repository.findManifest(member.digest)) !== undefined) return true;
  for (const origin of listOrigins(target, index)) {
    const from = target.open(origin);
    const found = await from.getManifest(member.digest).catch(notThere);
    if (found === undefined) continue;
    const document = parseManifest(new TextDecoder().decode(found.bytes), found.digest);
    if (document.kind !== "manifest") return false;
    for (const blob of [document.config, ...document.layers]) await copyBlob(target, from, blob);
    await target.repository.putManifest(found.digest, found);
    return true;
  }
  return false;
}

/** The repositories that the index was seen in, but for the one that it goes to. */
function listOrigins(
  { store, name }: PushTarget,
  index: Digest,
): readonly Pick<Reference, "domain" | "path">[] {
  return store.references
    .list()
    .map(({ reference }) => reference)
    .filter(({ digest }) => digest === index)
    .filter(({ domain, path }) => domain !== name.domain || path !== name.path);
}

async function copyBlob(
  { repository }: PushTarget,
  from: Repository,
  blob: { readonly digest: Digest; readonly sizeBytes: number },
): Promise<void> {
  if ((await repository.hasBlob(blob.digest)) !== undefined) return;
  await repository.uploadBlob({
    sizeBytes: blob.sizeBytes,
    digest: () => blob.digest,
    open: (offset) => from.readBlob(blob, offset),
  });
}

function notThere(cause: unknown): undefined {
  if (cause instanceof EngineError) return undefined;
  throw cause;
}
