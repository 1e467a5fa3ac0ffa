import { EngineError } from "../../base/errors.ts";
import type {
  ContainerUsage,
  DiskUsageKind,
  DiskUsageView,
  VolumeUsage,
} from "../../engine/system-facade.ts";
import type { ApiVersion } from "../version.ts";
import { type ContainerSummary, toContainerSummary } from "./container-summary.ts";
import { type ImageSummary, toImageSummary } from "./image-json.ts";
import { toVolumeJson, type VolumeJson } from "./volume-json.ts";

const KINDS: readonly DiskUsageKind[] = ["container", "image", "volume", "build-cache"];

/** What a query asks for; without a word, and before 1.42 always, all of it. */
export function decodeUsageKinds(
  query: URLSearchParams,
  version: ApiVersion,
): readonly DiskUsageKind[] {
  const asked = query.getAll("type");
  if (version < 42 || asked.length === 0) return KINDS;
  return asked.map((type) => {
    const kind = KINDS.find((known) => known === type);
    if (kind !== undefined) return kind;
    throw new EngineError("invalid", `unknown object type: ${type}`);
  });
}

/** `GET /system/df`. A list that was not asked for is null. */
export interface DiskUsageJson {
  readonly LayersSize: number;
  readonly Images: readonly ImageSummary[] | null;
  readonly Containers: readonly ContainerUsageJson[] | null;
  readonly Volumes: readonly VolumeUsageJson[] | null;
  readonly BuildCache: readonly never[] | null;
  readonly BuilderSize?: number;
  readonly SampanUsage: SampanUsage;
}

/** With the log's bytes, which Docker shows nowhere. */
export type ContainerUsageJson = ContainerSummary & { readonly SizeLog: number };

export interface VolumeUsageJson extends VolumeJson {
  readonly UsageData: { readonly RefCount: number; readonly Size: number };
}

/** Ours: where the data root's bytes are, as `du` counts them. Together they are all of it. */
export interface SampanUsage {
  readonly Layers: number;
  readonly Recipes: number;
  readonly Archives: number;
  readonly Partial: number;
  readonly Containers: number;
  readonly Logs: number;
  readonly Volumes: number;
  readonly Database: number;
  readonly Temporary: number;
}

export function toDiskUsageJson(
  { images, containers, volumes, store }: DiskUsageView,
  { version, kinds }: { readonly version: ApiVersion; readonly kinds: readonly DiskUsageKind[] },
): DiskUsageJson {
  return {
    LayersSize: images?.layersBytes ?? 0,
    Images: images?.list.map((image) => toUsedImage(image, version)) ?? null,
    Containers: containers?.map((one) => toContainerUsage(one, version)) ?? null,
    Volumes: volumes?.map(toVolumeUsage) ?? null,
    // There is no cache of builds, and that is the whole answer.
    BuildCache: kinds.includes("build-cache") ? [] : null,
    ...(version < 42 ? { BuilderSize: 0 } : {}),
    SampanUsage: {
      Layers: store.layers,
      Recipes: store.recipes,
      Archives: store.archives,
      Partial: store.partial,
      Containers: store.containers,
      Logs: store.logs,
      Volumes: store.volumes,
      Database: store.database,
      Temporary: store.temporary,
    },
  };
}

/** Here the containers are counted for clients of every version. */
function toUsedImage(
  image: Parameters<typeof toImageSummary>[0],
  version: ApiVersion,
): ImageSummary {
  return { ...toImageSummary(image, version), Containers: image.containers };
}

function toContainerUsage(
  { view, logBytes }: ContainerUsage,
  version: ApiVersion,
): ContainerUsageJson {
  return { ...toContainerSummary(view, version), SizeLog: logBytes };
}

function toVolumeUsage(volume: VolumeUsage): VolumeUsageJson {
  const { sizeBytes, users } = volume;
  return { ...toVolumeJson(volume), UsageData: { RefCount: users, Size: sizeBytes } };
}
