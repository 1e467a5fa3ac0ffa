import type { ApiTransport } from "../client/api-transport.ts";
import { ImageApi } from "../client/images.ts";
import { toStream } from "../client/to-stream.ts";
import type { ImageName, ImageSummary, ProgressLine, RegistryAuth } from "../client/wire.ts";

/** What an import makes of a root file system. */
export interface ImportedImage {
  /** Such as `mine:1`. */
  readonly name: string;
  /** Lines of a Dockerfile, such as `CMD ["sh"]`. */
  readonly changes?: readonly string[];
}

/** The images of a daemon. */
export class Images {
  readonly #api: ImageApi;

  constructor(transport: ApiTransport) {
    this.#api = new ImageApi(transport);
  }

  list(): Promise<readonly ImageSummary[]> {
    return this.#api.list();
  }

  /** Everything that the daemon says of one. */
  inspect(name: string): Promise<unknown> {
    return this.#api.getRaw(name);
  }

  /** Fetches an image from its registry. */
  async pull(
    name: string,
    options: { readonly auth?: RegistryAuth; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const { auth = {}, ...rest } = options;
    await finish(await this.#api.pull(splitName(name), { auth, ...rest }));
  }

  /** Makes an image of a tar of a root file system. */
  async import(tar: AsyncIterable<Uint8Array>, image: ImportedImage): Promise<void> {
    const { repository, tag } = splitName(image.name);
    const lines = await this.#api.import({
      ...{ source: "-", archive: toStream(tar), repository, tag },
      ...{ message: "", changes: image.changes ?? [], platform: "" },
    });
    await finish(lines);
  }

  /** Takes in the images of an archive that `save` made. */
  async load(tar: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
    const options = { quiet: true, platform: undefined };
    const lines = await this.#api.load(toStream(tar), {
      ...options,
      signal: signal ?? new AbortController().signal,
    });
    await finish(lines);
  }

  /** An archive of images. */
  async *save(...names: readonly string[]): AsyncGenerator<Uint8Array> {
    const { body } = await this.#api.save(names);
    if (body !== null) yield* body;
  }

  async remove(name: string, { force = false } = {}): Promise<void> {
    await this.#api.remove(name, { force, noprune: false, platforms: [] });
  }
}

/** Checked by the daemon, which knows the rules. Without a tag or digest it is the latest one. */
function splitName(name: string): Omit<ImageName, "registry"> {
  const [, repository = "", tag = "", digest = ""] =
    /^(.*?)(?::([^:/@]*))?(?:@(.*))?$/s.exec(name) ?? [];
  return { repository, tag: tag === "" && digest === "" ? "latest" : tag, digest };
}

/** Reads the lines of a transfer to their end; one of them may be an error. */
async function finish(lines: AsyncIterable<ProgressLine>): Promise<void> {
  for await (const { error } of lines) if (error !== undefined) throw new Error(error);
}
