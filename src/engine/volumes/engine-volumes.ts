import { EngineError } from "../../base/errors.ts";
import { Staging } from "../../store/staging.ts";
import type { Store } from "../../store/store.ts";
import { archiveTree, checkTreePath } from "../../store/tree-archive.ts";
import { unpackTree } from "../../store/tree-unpack.ts";
import type { VolumeRow } from "../../store/volumes.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { Filters } from "../filters.ts";
import type { VolumePlace, VolumeRequest, Volumes, VolumeView } from "../volume-facade.ts";
import { compileVolumeFilters, compileVolumePruneFilters } from "./volume-filters.ts";
import type { VolumeSet } from "./volume-set.ts";
import { viewVolume } from "./volume-view.ts";

/** What the volumes of this daemon are looked after with. */
export interface EngineVolumesDependencies {
  readonly store: Pick<Store, "dataRoot" | "volumes" | "volumeFiles" | "diskUsage">;
  readonly events: EventBus;
  readonly volumes: VolumeSet;
}

/** The volumes of this daemon, as the API asks for them. */
export class EngineVolumes implements Volumes {
  readonly #deps: EngineVolumesDependencies;
  #isPruning = false;

  constructor(deps: EngineVolumesDependencies) {
    this.#deps = deps;
  }

  async create(request: VolumeRequest): Promise<VolumeView> {
    return this.#view(this.#deps.volumes.create(request));
  }

  async list(filters: Filters): Promise<readonly VolumeView[]> {
    const { store, volumes } = this.#deps;
    const used = volumes.listUsed();
    const isWanted = compileVolumeFilters(filters, ({ name }) => used.has(name));
    return store.volumes
      .list()
      .map((row) => this.#view(row))
      .filter(isWanted);
  }

  async get(name: string): Promise<VolumeView> {
    return this.#view(this.#deps.store.volumes.get(name));
  }

  async remove(name: string, { force }: { readonly force: boolean }): Promise<void> {
    const { store, volumes } = this.#deps;
    if (force && store.volumes.find(name) === undefined) return;
    volumes.remove(name);
  }

  async prune(filters: Filters) {
    if (this.#isPruning) {
      throw new EngineError("conflict", "a prune operation is already running");
    }
    this.#isPruning = true;
    try {
      return await this.#prune(filters);
    } finally {
      this.#isPruning = false;
    }
  }

  async export({ name, path }: VolumePlace): Promise<AsyncIterable<Uint8Array>> {
    const { volumes, store } = this.#deps;
    const directory = store.volumeFiles.directoryOf(name);
    using _held = await volumes.hold(name, "export");
    checkTreePath(directory, toBytes(path));
    return (async function* () {
      using _held = await volumes.hold(name, "export");
      yield* archiveTree(directory, toBytes(path));
    })();
  }

  async import({ name, path }: VolumePlace, archive: AsyncIterable<Uint8Array>): Promise<void> {
    const { volumes, store } = this.#deps;
    using _held = await volumes.hold(name, "import");
    await using staging = new Staging(store.dataRoot);
    await unpackTree(archive, {
      directory: store.volumeFiles.directoryOf(name),
      path: toBytes(path),
      notesPath: staging.newPath(),
    });
  }

  async #prune(filters: Filters) {
    const { store, events, volumes } = this.#deps;
    const isWanted = compileVolumePruneFilters(filters);
    const used = volumes.listUsed();
    const deleted: string[] = [];
    let reclaimedBytes = 0;
    for (const row of store.volumes.list()) {
      const { name, options } = row;
      // As in Docker: what somebody has set up with options is nothing to sweep away.
      if (Object.keys(options).length > 0 || !isWanted(this.#view(row))) continue;
      if (used.has(name)) continue;
      const bytes = await store.diskUsage.measureVolume(name);
      if (!volumes.removeUnused(name)) continue;
      deleted.push(name);
      reclaimedBytes += bytes;
    }
    const attributes = { reclaimed: String(reclaimedBytes) };
    events.publish({ type: "volume", action: "prune", actorId: "", attributes });
    return { deleted, reclaimedBytes };
  }

  #view(row: VolumeRow): VolumeView {
    return viewVolume(this.#deps.store, row);
  }
}

/** The form that names in archives have. */
function toBytes(path: string): string {
  return Buffer.from(path).toString("latin1");
}
