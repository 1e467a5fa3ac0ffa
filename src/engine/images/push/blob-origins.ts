import type { Digest } from "../../../oci/digest.ts";
import { type Manifest, parseManifest } from "../../../oci/manifest.ts";
import type { Reference } from "../../../oci/reference.ts";
import type { Store } from "../../../store/store.ts";

/** A repository at a registry. */
export type RepositoryName = Pick<Reference, "domain" | "path">;

/**
 * Knows which repositories have which blobs: a repository that has a manifest has all that it names,
 * and an image's names by digest say which manifests were seen where.
 */
export class BlobOrigins {
  readonly #byBlob = new Map<Digest, Map<string, RepositoryName>>();

  /** Reads all that the store knows, once. */
  constructor({ manifests, references }: Pick<Store, "manifests" | "references">) {
    for (const { reference, imageId } of references.list()) {
      if (reference.digest === undefined) continue;
      const known = manifests.listByImage(imageId).map(({ digest, content }) => ({
        digest,
        document: parseManifest(new TextDecoder().decode(content), digest),
      }));
      const named = known.find(({ digest }) => digest === reference.digest)?.document;
      const members = named?.kind === "index" ? named.manifests.map(({ digest }) => digest) : [];
      for (const { digest, document } of known) {
        const isThere = digest === reference.digest || members.includes(digest);
        if (isThere && document.kind === "manifest") this.#note(document, reference);
      }
    }
  }

  /** The repositories that a blob was seen in. */
  list(digest: Digest): readonly RepositoryName[] {
    return [...(this.#byBlob.get(digest)?.values() ?? [])];
  }

  #note({ config, layers }: Manifest, { domain, path }: RepositoryName): void {
    for (const { digest } of [config, ...layers]) {
      const known = this.#byBlob.get(digest) ?? new Map<string, RepositoryName>();
      known.set(`${domain}/${path}`, { domain, path });
      this.#byBlob.set(digest, known);
    }
  }
}
