import type { ApiTransport } from "./api-transport.ts";

/** What is at a path in a container, as Docker's header has it. */
export interface PathStat {
  readonly name: string;
  readonly size: number;
  /** Go's bits. os.FileMode */
  readonly mode: number;
  readonly mtime: string;
  /** What a link leads to in the end; else empty. */
  readonly linkTarget: string;
}

export interface FileChange {
  readonly Path: string;
  /** 0: changed, 1: added, 2: deleted. */
  readonly Kind: number;
}

export interface CommitOptions {
  readonly repo: string;
  readonly tag: string;
  readonly comment: string;
  readonly author: string;
  readonly changes: readonly string[];
  readonly pause: boolean;
}

const STAT_HEADER = "x-docker-container-path-stat";
// Compressed it would only take longer: most daemons are on this machine.
const AS_IT_IS = { "accept-encoding": "identity" };

/** The requests about the files of containers. */
export class ContainerFileApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async stat(ref: string, path: string): Promise<PathStat> {
    return statOf(
      await this.#transport.send({ method: "HEAD", path: archiveOf(ref), query: { path } }),
    );
  }

  /** An archive of what is at a path. */
  async read(
    ref: string,
    path: string,
  ): Promise<{ readonly stat: PathStat; readonly archive: Response }> {
    const archive = await this.#transport.send({
      path: archiveOf(ref),
      query: { path },
      headers: AS_IT_IS,
    });
    return { stat: statOf(archive), archive };
  }

  /** Unpacks an archive in a directory, where nothing of another kind is replaced. */
  async write(
    ref: string,
    target: { readonly path: string; readonly copyUIDGID: boolean },
    archive: ReadableStream<Uint8Array>,
  ): Promise<void> {
    const query = { ...target, noOverwriteDirNonDir: "true" };
    await this.#transport.send({ method: "PUT", path: archiveOf(ref), query, upload: archive });
  }

  async changes(ref: string): Promise<readonly FileChange[]> {
    const response = await this.#transport.send({ path: `${pathOf(ref)}/changes` });
    return ((await response.json()) as readonly FileChange[] | null) ?? [];
  }

  /** An archive of the whole root. */
  export(ref: string): Promise<Response> {
    return this.#transport.send({ path: `${pathOf(ref)}/export`, headers: AS_IT_IS });
  }

  /** Makes an image, and returns its id. */
  async commit(container: string, { pause, ...options }: CommitOptions): Promise<string> {
    const query = { container, ...options, pause: pause ? "1" : "0" };
    const response = await this.#transport.send({ method: "POST", path: "/commit", query });
    return ((await response.json()) as { readonly Id: string }).Id;
  }
}

function statOf({ headers }: Response): PathStat {
  return JSON.parse(Buffer.from(headers.get(STAT_HEADER) ?? "", "base64").toString()) as PathStat;
}

function archiveOf(ref: string): string {
  return `${pathOf(ref)}/archive`;
}

function pathOf(ref: string): string {
  return `/containers/${encodeURIComponent(ref)}`;
}
