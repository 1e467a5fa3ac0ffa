import type { Store } from "../store/store.ts";
import type { ContainerSet } from "./containers/container-set.ts";
import type { ContainerView } from "./facade.ts";
import type { Images } from "./image-facade.ts";
import type { ContainerUsage, DiskUsageKind, DiskUsageView, VolumeUsage } from "./system-facade.ts";
import { deviceOf } from "./volumes/volume-options.ts";
import { viewVolume } from "./volumes/volume-view.ts";

/** What is measured. */
export interface UsageSources {
  readonly store: Store;
  readonly containers: ContainerSet;
  readonly images: Pick<Images, "list">;
  readonly viewContainers: () => Promise<readonly ContainerView[]>;
}

/** Measures what takes room, of the kinds that are asked for. */
export async function measureUsage(
  sources: UsageSources,
  kinds: readonly DiskUsageKind[],
): Promise<DiskUsageView> {
  const has = (kind: DiskUsageKind) => kinds.includes(kind);
  return {
    ...(has("image") ? { images: await listImages(sources) } : {}),
    ...(has("container") ? { containers: await measureContainers(sources) } : {}),
    ...(has("volume") ? { volumes: await measureVolumes(sources) } : {}),
    store: await sources.store.diskUsage.measure(),
  };
}

async function listImages({ images, store }: UsageSources) {
  const list = await images.list({ all: false, filters: {}, sharedSize: true });
  const layersBytes = store.layers.list().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { list, layersBytes };
}

async function measureContainers(sources: UsageSources): Promise<readonly ContainerUsage[]> {
  const views = await sources.viewContainers();
  const { diskUsage } = sources.store;
  return views.map((view) => ({ view, logBytes: diskUsage.measureLogs(view.id) }));
}

async function measureVolumes({
  store,
  containers,
}: UsageSources): Promise<readonly VolumeUsage[]> {
  const used = containers.list().flatMap(({ record }) => {
    const names = record.mounts.flatMap((mount) => (mount.kind === "volume" ? [mount.source] : []));
    return [...new Set(names)];
  });
  // As in Docker, what is mounted from elsewhere takes no room here.
  const own = store.volumes.list().filter(({ options }) => deviceOf(options) === undefined);
  const measured = own.map(async (row) => ({
    ...viewVolume(store, row),
    sizeBytes: await store.diskUsage.measureVolume(row.name),
    users: used.filter((one) => one === row.name).length,
  }));
  return await Promise.all(measured);
}
