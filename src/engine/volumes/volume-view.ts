import type { Store } from "../../store/store.ts";
import type { VolumeRow } from "../../store/volumes.ts";
import { ANONYMOUS_LABEL, type VolumeView } from "../volume-facade.ts";

/** What is shown of a volume. */
export function viewVolume(
  { volumeFiles }: Pick<Store, "volumeFiles">,
  { name, createdAt, options, labels, anonymous }: VolumeRow,
): VolumeView {
  return {
    name,
    createdAt,
    mountpoint: volumeFiles.directoryOf(name),
    options,
    labels: anonymous ? { ...labels, [ANONYMOUS_LABEL]: "" } : labels,
  };
}
