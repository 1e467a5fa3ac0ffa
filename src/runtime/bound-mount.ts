import type { Descriptor } from "../linux/fd.ts";
import type { Mount } from "../oci/runtime-spec.ts";
import { finishMount, makeBind } from "./bind-mount.ts";
import type { IdMaps } from "./id-maps.ts";
import type { IdView } from "./layer-trees.ts";
import type { RootMounter } from "./root-mount.ts";

/** What binds are made with. */
export interface BoundMountTools {
  readonly mounter: RootMounter;
  readonly idMaps: IdMaps;
}

/** Makes what a mount says that is bound: a path, layers, or a path below what hides its changes. */
export function makeBound(
  mount: Mount,
  view: IdView | undefined,
  { mounter, idMaps }: BoundMountTools,
): Descriptor {
  const { layers, over, source = "", subpath = "." } = mount;
  if (layers !== undefined) {
    return finishMount(mounter.mountLayers({ layers, subpath }, view), mount);
  }
  if (over !== undefined) return finishMount(mounter.mountOver({ source, ...over }, view), mount);
  return makeBind(mount, namespaceFor(mount, view, idMaps));
}

/** The container's, unless the mount has ids of its own. */
function namespaceFor(
  { uidMappings: uids = [], gidMappings: gids = [] }: Mount,
  view: IdView | undefined,
  idMaps: IdMaps,
): Descriptor | undefined {
  if (uids.length === 0) return undefined;
  const isOwn = [uids, gids].some((map) => JSON.stringify(map) !== JSON.stringify(view?.mappings));
  return isOwn ? idMaps.get({ uids, gids }) : view?.namespace;
}
