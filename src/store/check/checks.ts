import { checkArchives } from "./check-archives.ts";
import { checkContainers } from "./check-containers.ts";
import { checkDatabase } from "./check-database.ts";
import { checkImages, checkManifests } from "./check-images.ts";
import { checkLayers } from "./check-layers.ts";
import { checkMounts, checkTemporary } from "./check-leftovers.ts";
import { checkVolumes } from "./check-volumes.ts";
import type { Check } from "./finding.ts";

/**
 * All checks, by what they look at. What others stand on comes later, so that what is mended early is
 * seen: rows for nothing go before the layers and archives that only they kept.
 */
export const CHECKS: readonly (readonly [subject: string, check: Check])[] = [
  ["database", checkDatabase],
  ["mounts", checkMounts],
  ["containers", checkContainers],
  ["images", checkImages],
  ["manifests", checkManifests],
  ["layers", checkLayers],
  ["archives", checkArchives],
  ["volumes", checkVolumes],
  ["temporary files", checkTemporary],
];
