import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "./disk-error.ts";
import type { MeasureThread } from "./measure-thread.ts";
import { temporaryDirectory } from "./staging.ts";
import type { TreeSize } from "./tree-size.ts";

/**
 * What the data root takes on the disk, in the bytes that `du` counts: with directories and inodes'
 * blocks, without the holes of sparse files. The sizes that Docker has fields for are the lengths of
 * files; those of an image stay the same on every machine.
 */
export interface StoreUsage {
  /** The unpacked files of layers. */
  readonly layers: number;
  /** What makes their archives again. */
  readonly recipes: number;
  /** Archives that are kept beside the files. */
  readonly archives: number;
  /** Downloads that can be taken up again. */
  readonly partial: number;
  /** The writable layers of containers and their other files, without their logs. */
  readonly containers: number;
  readonly logs: number;
  readonly volumes: number;
  readonly database: number;
  /** What is half done, or being removed. */
  readonly temporary: number;
}

const NONE: TreeSize = { fileBytes: 0, diskBytes: 0 };

/** Measures a data root. */
export class DiskUsage {
  readonly #dataRoot: string;
  readonly #thread: MeasureThread;
  /** Layers do not change, and no key is used twice. */
  readonly #layers = new Map<string, { readonly whole: number; readonly recipe: number }>();

  constructor(dataRoot: string, thread: MeasureThread) {
    this.#dataRoot = dataRoot;
    this.#thread = thread;
  }

  async measure(): Promise<StoreUsage> {
    const layers = await this.#measureLayers();
    const logs = this.#namesIn("containers").reduce((sum, id) => sum + this.#logBytes(id), 0);
    const containers = await this.#measure("containers");
    const blobs = await this.#measure("blobs");
    const partial = await this.#measure("blobs/partial");
    return {
      ...layers,
      archives: blobs.diskBytes - partial.diskBytes,
      partial: partial.diskBytes,
      containers: Math.max(0, containers.diskBytes - logs),
      logs,
      volumes: (await this.#measure("volumes")).diskBytes,
      database: this.#databaseBytes(),
      temporary: (await this.#thread.measure(temporaryDirectory(this.#dataRoot))).diskBytes,
    };
  }

  /** The lengths of the files in a volume. */
  async measureVolume(name: string): Promise<number> {
    return (await this.#measure(join("volumes", name, "_data"))).fileBytes;
  }

  /** The lengths of a container's log files, also of those that were put aside. */
  measureLogs(containerId: string): number {
    return this.#listLogs(containerId).reduce((sum, { size }) => sum + size, 0);
  }

  /** To be called when its files are others. */
  forgetLayer(key: number): void {
    this.#layers.delete(String(key));
  }

  async #measureLayers(): Promise<Pick<StoreUsage, "layers" | "recipes">> {
    const keys = this.#namesIn("layers");
    for (const key of this.#layers.keys()) if (!keys.includes(key)) this.#layers.delete(key);
    const home = lstatSync(join(this.#dataRoot, "layers")).blocks * BLOCK_BYTES;
    let [layers, recipes] = [home, 0];
    for (const key of keys) {
      const { whole, recipe } = await this.#measureLayerNamed(key);
      layers += whole - recipe;
      recipes += recipe;
    }
    return { layers, recipes };
  }

  /** What a layer's directory takes, with its recipe; it need not be measured twice. */
  async #measureLayerNamed(key: string) {
    const known = this.#layers.get(key);
    if (known !== undefined) return known;
    const { diskBytes: whole } = await this.#measure(join("layers", key));
    const [recipe] = statFiles([join(this.#dataRoot, "layers", key, "recipe")]);
    const measured = { whole, recipe: recipe?.diskBytes ?? 0 };
    this.#layers.set(key, measured);
    return measured;
  }

  #logBytes(containerId: string): number {
    return this.#listLogs(containerId).reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  }

  #listLogs(containerId: string) {
    const home = join("containers", containerId);
    const names = this.#namesIn(home).filter((name) => /-json\.log(\.|$)/.test(name));
    return statFiles(names.map((name) => join(this.#dataRoot, home, name)));
  }

  #databaseBytes(): number {
    // With the room that is held for it.
    const isPart = (name: string) => name.startsWith("sampan.db") || name === "reserve";
    const names = this.#namesIn(".").filter(isPart);
    const files = statFiles(names.map((name) => join(this.#dataRoot, name)));
    return files.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
  }

  async #measure(name: string): Promise<TreeSize> {
    const path = join(this.#dataRoot, name);
    return existsSync(path) ? await this.#thread.measure(path) : NONE;
  }

  #namesIn(name: string): readonly string[] {
    try {
      return readdirSync(join(this.#dataRoot, name));
    } catch (cause) {
      if (hasCode(cause, ["ENOENT", "ENOTDIR"])) return [];
      throw cause;
    }
  }
}

const BLOCK_BYTES = 512;

/** The files that are there of these. */
function statFiles(paths: readonly string[]) {
  return paths.flatMap((path) => {
    const status = lstatSync(path, { throwIfNoEntry: false });
    return status === undefined
      ? []
      : [{ size: status.size, diskBytes: status.blocks * BLOCK_BYTES }];
  });
}
