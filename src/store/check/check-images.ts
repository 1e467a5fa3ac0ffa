import { Slices } from "../../base/slices.ts";
import { chainIds, type Digest, digestOf } from "../../oci/digest.ts";
import { parseImageConfig } from "../../oci/image.ts";
import { parseManifest } from "../../oci/manifest.ts";
import type { ImageRow } from "../image-records.ts";
import type { ManifestRow } from "../manifest-records.ts";
import { nameOf } from "./describe-users.ts";
import type { CheckContext, Finding } from "./finding.ts";

const text = new TextDecoder();

/** Images: the configuration must give the id, and the layers be those that it lists. */
export async function* checkImages(context: CheckContext): AsyncGenerator<Finding> {
  const slices = new Slices();
  for (const image of context.store.images.list()) {
    const finding = checkImage(context, image);
    if (finding !== undefined) yield finding;
    await slices.pause();
  }
}

function checkImage({ store }: CheckContext, image: ImageRow): Finding | undefined {
  const { id, config } = image;
  // It may have gone while another one was looked at.
  if (store.images.find(id) === undefined) return undefined;
  const name = nameOf(store, id);
  const remedy = `remove ${name} with rmi, and pull or load it again`;
  if (digestOf(config) !== id) {
    const problem = `the configuration of ${name} gives ${digestOf(config)}`;
    return { kind: "image-damaged", subject: id, problem, remedy };
  }
  const wanted = chainIds(parseImageConfig(text.decode(config)).diffIds);
  const actual = store.images.listLayers(id);
  const missing = wanted.filter((chainId) => store.layers.find(chainId) === undefined);
  const isSame = wanted.length === actual.length && wanted.every((one, i) => one === actual[i]);
  if (isSame && missing.length === 0) return undefined;
  const problem =
    missing.length === 0
      ? `the layers that are noted for ${name} are not those of its configuration`
      : `${missing.length} of the ${wanted.length} layers of ${name} are not there`;
  const mend = () => {
    if (wanted.some((chainId) => store.layers.find(chainId) === undefined)) return false;
    store.transaction(() => store.images.setLayers(id, wanted));
    return true;
  };
  return { kind: "image-layers-wrong", subject: id, problem, remedy, mend };
}

/** Manifests: the bytes must give the digest, and describe an image that is here. */
export async function* checkManifests({ store }: CheckContext): AsyncGenerator<Finding> {
  const { manifests } = store;
  const slices = new Slices();
  for (const manifest of manifests.list()) {
    if (manifests.find(manifest.digest) === undefined) continue;
    // A link to an image that is not there is trouble of its own.
    const images = manifests
      .listImages(manifest.digest)
      .filter((id) => store.images.find(id) !== undefined);
    const found = findDamage(manifest, images);
    if (found !== undefined) {
      const mend = () => {
        store.transaction(() => manifests.remove(manifest.digest));
        return true;
      };
      const remedy = "--repair forgets it; a pull brings it again";
      yield { ...found, subject: manifest.digest, remedy, mend };
    }
    await slices.pause();
  }
}

function findDamage(
  { digest, content }: ManifestRow,
  images: readonly Digest[],
): Pick<Finding, "kind" | "problem"> | undefined {
  if (digestOf(content) !== digest) {
    return { kind: "manifest-damaged", problem: `its bytes give ${digestOf(content)}` };
  }
  const manifest = parseManifest(text.decode(content), digest);
  const isAnyones = images.length > 0;
  const isTheirs =
    manifest.kind === "index" || images.every((imageId) => imageId === manifest.config.digest);
  if (isAnyones && isTheirs) return undefined;
  const problem = isAnyones
    ? "it describes another image than it is noted for"
    : "it describes no image that is here";
  return { kind: "manifest-unused", problem };
}
