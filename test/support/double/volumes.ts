import { EngineError } from "../../../src/base/errors.ts";
import type { Filters } from "../../../src/engine/filters.ts";
import type {
  VolumePlace,
  VolumeRequest,
  Volumes,
  VolumeView,
} from "../../../src/engine/volume-facade.ts";

/** Volumes without files. */
export class VolumesDouble implements Volumes {
  readonly table = new Map<string, VolumeView>();
  readonly calls: unknown[][] = [];

  async create({ name, options, labels }: VolumeRequest): Promise<VolumeView> {
    const view = { name, options, labels };
    const volume = { ...view, createdAt: "2026-01-02T03:04:05.678Z", mountpoint: `/v/${name}` };
    this.table.set(name, this.table.get(name) ?? volume);
    return await this.get(name);
  }

  async list(filters: Filters): Promise<readonly VolumeView[]> {
    this.calls.push(["list", filters]);
    return [...this.table.values()];
  }

  async get(name: string): Promise<VolumeView> {
    const volume = this.table.get(name);
    if (volume !== undefined) return volume;
    throw new EngineError("not-found", `get ${name}: no such volume`);
  }

  async remove(name: string, options: { readonly force: boolean }): Promise<void> {
    this.calls.push(["remove", name, options]);
    await this.get(name);
    this.table.delete(name);
  }

  async export({ name, path }: VolumePlace): Promise<AsyncIterable<Uint8Array>> {
    await this.get(name);
    return (async function* () {
      yield Buffer.from(`archive of ${path} in ${name}`);
    })();
  }

  async import({ name, path }: VolumePlace, archive: AsyncIterable<Uint8Array>): Promise<void> {
    await this.get(name);
    this.calls.push([
      "import",
      name,
      path,
      Buffer.concat(await Array.fromAsync(archive)).toString(),
    ]);
  }

  async prune(filters: Filters) {
    this.calls.push(["prune", filters]);
    return { deleted: ["gone"], reclaimedBytes: 5 };
  }
}
