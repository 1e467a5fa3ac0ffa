import { posix } from "node:path";
import { TarReader } from "../base/tar/tar-reader.ts";
import { writeTar } from "../base/tar/tar-writer.ts";
import type { ApiTransport } from "../client/api-transport.ts";
import { ContainerFileApi, type FileChange, type PathStat } from "../client/container-files.ts";
import { toStream } from "../client/to-stream.ts";

/** Who a file that is written belongs to, and who may use it. */
export interface FileOptions {
  /** Such as `0o755`; by default `0o644`. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** The files of a container, whether it runs or not. */
export class ContainerFiles {
  readonly #api: ContainerFileApi;
  readonly #container: string;

  constructor(transport: ApiTransport, container: string) {
    this.#api = new ContainerFileApi(transport);
    this.#container = container;
  }

  /** The content of a file; a link is followed. */
  async read(path: string): Promise<Uint8Array> {
    // What a link leads to in the end, so that there is no second one.
    const { linkTarget } = await this.stat(path);
    const target = linkTarget === "" ? path : linkTarget;
    const { archive } = await this.#api.read(this.#container, target);
    return firstFile(archive, path);
  }

  /** The content of a file as text. */
  async readText(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path));
  }

  /** Writes a file whole; its directory must be there. */
  async write(
    path: string,
    content: string | Uint8Array,
    options: FileOptions = {},
  ): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const { mode = 0o644, uid = 0, gid = 0 } = options;
    const entry = {
      kind: "file",
      // Names in archives are bytes, held as latin1.
      name: Buffer.from(posix.basename(path)).toString("latin1"),
      linkName: "",
      ...{ mode, uid, gid, size: bytes.byteLength },
      mtimeNs: BigInt(Date.now()) * 1_000_000n,
      device: { major: 0, minor: 0 },
      xattrs: new Map<string, Uint8Array>(),
    } as const;
    await this.unpack(posix.dirname(path), writeTar([{ entry, content: [bytes] }]));
  }

  /** A tar of a file or directory and all in it. */
  async *pack(path: string): AsyncGenerator<Uint8Array> {
    const { archive } = await this.#api.read(this.#container, path);
    if (archive.body !== null) yield* archive.body;
  }

  /** Unpacks a tar in a directory. */
  async unpack(directory: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    const target = { path: directory, copyUIDGID: false };
    await this.#api.write(this.#container, target, toStream(tar));
  }

  /** What is at a path. */
  stat(path: string): Promise<PathStat> {
    return this.#api.stat(this.#container, path);
  }

  /** What has changed since the image. */
  changes(): Promise<readonly FileChange[]> {
    return this.#api.changes(this.#container);
  }
}

async function firstFile(archive: Response, path: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let kind = "";
  const reader = new TarReader({
    begin: (entry) => {
      kind = kind === "" ? entry.kind : "directory";
    },
    // Copied: the bytes are the sink's only during the call.
    data: (bytes) => parts.push(Uint8Array.from(bytes)),
    end: () => undefined,
  });
  if (archive.body !== null) for await (const chunk of archive.body) reader.feed(chunk);
  reader.finish({ endMark: "required" });
  if (kind !== "file") throw new Error(`Cannot read "${path}": it is not a file`);
  return Uint8Array.from(Buffer.concat(parts));
}
