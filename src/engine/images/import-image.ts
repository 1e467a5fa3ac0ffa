import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import { type Digest, digestOf } from "../../oci/digest.ts";
import { EMPTY_RUNTIME_CONFIG, encodeImageConfig, type ImageConfig } from "../../oci/image.ts";
import { applyChanges } from "../../oci/image-changes.ts";
import { hostPlatform, type Platform, parsePlatform } from "../../oci/platform.ts";
import { parseReference, type Reference, withDefaultTag } from "../../oci/reference.ts";
import type { Store } from "../../store/store.ts";
import type { ImportOptions } from "../image-facade.ts";
import { setName } from "./image-names.ts";

export interface Imported {
  readonly id: Digest;
  readonly name: Reference | undefined;
}

/** Makes an image of one layer from an archive. What the user wrote is checked before a byte is read. */
export async function importImage(
  store: Store,
  archive: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Imported> {
  const name = options.target === "" ? undefined : parseTarget(options.target);
  const config = applyChanges(EMPTY_RUNTIME_CONFIG, options.changes);
  const platform = platformOf(options);

  await using intake = store.newIntake();
  const build = await intake.receiveLayer(archive);
  const chainId = await intake.place(build, null);
  const { diffId } = await build.content;
  const created = formatTime(nowNs());
  const comment = options.message || `Imported from ${options.source ?? "-"}`;
  const image: ImageConfig = {
    ...platform,
    created,
    author: "",
    comment,
    config,
    diffIds: [diffId],
    history: [{ created, createdBy: "", author: "", comment, isEmptyLayer: false }],
  };
  const bytes = new TextEncoder().encode(encodeImageConfig(image));
  const id = digestOf(bytes);
  intake.commit([{ config: bytes, layers: [chainId], manifests: [] }], () => {
    if (name !== undefined) setName(store, name, { id });
  });
  return { id, name };
}

function parseTarget(target: string): Reference {
  const reference = parseReference(target);
  if (reference.digest === undefined) return withDefaultTag(reference);
  throw new EngineError("invalid", "cannot import digest reference");
}

function platformOf({ platform = "" }: ImportOptions): Platform {
  const wanted = platform === "" ? hostPlatform() : parsePlatform(platform);
  if (wanted.os === "linux") return wanted;
  throw new EngineError("invalid", `Cannot import an image for ${wanted.os}: only linux runs here`);
}
