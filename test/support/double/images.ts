import { EngineError } from "../../../src/base/errors.ts";
import type {
  HistoryView,
  ImageRemoval,
  Images,
  ImageView,
  ImportOptions,
} from "../../../src/engine/image-facade.ts";
import { imageView, withTag } from "./image.ts";

/** Images by name; what is loaded and imported is kept as it came. */
export class ImagesDouble implements Images {
  readonly archives: Uint8Array[] = [];
  readonly imports: ImportOptions[] = [];
  readonly #table = new Map<string, ImageView>([["busybox:latest", imageView("busybox:latest")]]);

  has(ref: string): boolean {
    return this.#table.has(withTag(ref));
  }

  async list(): Promise<readonly ImageView[]> {
    return [...this.#table.values()];
  }

  async get(ref: string): Promise<ImageView> {
    const found = this.#table.get(withTag(ref));
    if (found !== undefined) return found;
    throw new EngineError("not-found", `No such image: ${withTag(ref)}`);
  }

  async history(ref: string): Promise<readonly HistoryView[]> {
    const { id, createdAt } = await this.get(ref);
    return [{ id, createdAt, createdBy: "CMD sh", tags: [ref], sizeBytes: 5, comment: "" }];
  }

  async tag(ref: string, target: string): Promise<void> {
    const image = await this.get(ref);
    this.#table.set(withTag(target), { ...image, tags: [withTag(target)] });
  }

  async remove(ref: string): Promise<readonly ImageRemoval[]> {
    const { id } = await this.get(ref);
    this.#table.delete(withTag(ref));
    return [{ untagged: withTag(ref) }, { deleted: id }];
  }

  async import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string> {
    this.imports.push(options);
    this.archives.push(Buffer.concat(await Array.fromAsync(archive)));
    return `sha256:${"c".repeat(64)}`;
  }

  async *load(archive: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    const bytes = Buffer.concat(await Array.fromAsync(archive));
    const text = bytes.toString();
    if (text.startsWith("bad")) throw new EngineError("invalid", "Cannot load: not an archive");
    this.archives.push(bytes);
    yield "Loaded image: busybox:latest";
    if (text.startsWith("half")) throw new EngineError("invalid", "Cannot load: it is cut off");
  }

  async save(refs: readonly string[]): Promise<AsyncIterable<Uint8Array>> {
    for (const ref of refs) await this.get(ref);
    return (async function* () {
      yield Buffer.from(`archive of ${refs.join(" and ")}`);
    })();
  }

  async prune() {
    return { removed: [{ deleted: "sha256:x" }], reclaimedBytes: 3 };
  }
}
