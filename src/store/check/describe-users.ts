import type { Digest } from "../../oci/digest.ts";
import { familiarReference } from "../../oci/reference.ts";
import type { Store } from "../store.ts";

/** What to do about a layer that cannot be mended: it comes again with an image that has it. */
export function describeUsers({ images, references }: Store, chainId: Digest): string {
  const owners = images.listAllLayers().filter((row) => row.chainId === chainId);
  const ids = [...new Set(owners.map(({ imageId }) => imageId))];
  const names = ids.map((id) => nameOf({ references }, id));
  if (names.length === 0) return "remove the containers that need it";
  return `remove ${names.join(", ")} with rmi, and pull or load it again`;
}

/** The name by which a user knows an image: its first one, else its id. */
export function nameOf({ references }: Pick<Store, "references">, id: Digest): string {
  const [name] = references.listByImage(id);
  return name === undefined ? id : familiarReference(name);
}
