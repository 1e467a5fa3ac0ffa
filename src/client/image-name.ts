import { parseReference, repositoryOf } from "../oci/reference.ts";
import type { ImageName } from "./wire.ts";

/** Reads a name as people write it; what was not written is empty. */
export function parseImageName(text: string): ImageName {
  const reference = parseReference(text);
  const { domain, tag = "", digest = "" } = reference;
  return { registry: domain, repository: repositoryOf(reference), tag, digest };
}

/** The name in full, such as `docker.io/library/busybox:latest`. */
export function formatImageName({ repository, tag, digest }: ImageName): string {
  const end = digest === "" ? "" : `@${digest}`;
  return tag === "" ? `${repository}${end}` : `${repository}:${tag}${end}`;
}
