import { basename } from "node:path";
import type { TarEntry } from "../../base/tar/tar-entry.ts";
import { TarReader } from "../../base/tar/tar-reader.ts";
import { writeTar } from "../../base/tar/tar-writer.ts";
import { ApiError } from "../../client/errors.ts";
import { toStream } from "../../client/to-stream.ts";
import { VolumeApi } from "../../client/volumes.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { listLocal } from "../copy/local-files.ts";
import { lstatLocal, standingOfLocal } from "../copy/local-standing.ts";
import { LocalUnpacker } from "../copy/local-unpack.ts";
import { isOfContents, type Place, parsePlace, planCopy, type Standing } from "../copy/place.ts";
import { unpackLocal } from "../copy/unpack-local.ts";
import { bool } from "../flags/flag.ts";
import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";
import { writeArchive } from "../write-archive.ts";

const FLAGS = {
  archive: bool("Archive mode (copy all uid/gid information)", { short: "a" }),
} as const;

export const copyVolume = command({
  usage:
    "[OPTIONS] VOLUME:SRC_PATH DEST_PATH|-\n       sampan volume cp [OPTIONS] SRC_PATH|- VOLUME:DEST_PATH",
  operands: { min: 2, max: 2 },
  flags: FLAGS,
  async run({ flags, operands, io, connect }: Invocation<typeof FLAGS>) {
    const [source, target] = [parsePlace(operands[0] ?? ""), parsePlace(operands[1] ?? "")];
    const isOne = (source.kind === "volume") !== (target.kind === "volume");
    if (!isOne) throw new CommandError("one of the two must be VOLUME:PATH");
    const copy = new VolumeCopy(new VolumeApi(await connect()), io, flags.archive);
    if (source.kind === "volume") await copy.receive(source, target);
    else if (target.kind === "volume") await copy.send(source, target);
    return 0;
  },
});

type InVolume = Extract<Place, { kind: "volume" }>;

class VolumeCopy {
  readonly #volumes: VolumeApi;
  readonly #io: Io;
  readonly #keepsOwners: boolean;

  constructor(volumes: VolumeApi, io: Io, keepsOwners: boolean) {
    this.#volumes = volumes;
    this.#io = io;
    this.#keepsOwners = keepsOwners;
  }

  async send(source: Place, { volume, path }: InVolume): Promise<void> {
    if (source.kind !== "local") {
      await this.#volumes.import(volume, this.#io.stdin.stream(), { path });
      return;
    }
    const local = resolvePath(source.path, this.#io);
    const isDirectory = (await lstatLocal(local)).isDirectory();
    const standing = await this.#standingOf(volume, path);
    const { directory, name } = planCopy({
      source: { path: source.path, name: basename(local), isDirectory },
      target: { path, standing },
    });
    const files = listLocal(local, { name, keepsOwners: this.#keepsOwners });
    await this.#volumes.import(volume, toStream(writeTar(files)), { path: directory });
  }

  async receive({ volume, path }: InVolume, target: Place): Promise<void> {
    const archive = await this.#volumes.export(volume, path);
    if (target.kind !== "local") {
      await writeArchive(archive, "", this.#io);
      return;
    }
    const local = resolvePath(target.path, this.#io) + (target.path.endsWith("/") ? "/" : "");
    const standing = await standingOfLocal(local);
    await unpackLocal(archive.body ?? new ReadableStream(), (first) => {
      const isDirectory = first.kind === "directory";
      const isAll = first.name === "./" ? "." : path;
      const name = isOfContents(isAll) ? "." : basename(first.name);
      const source = { path: isAll, name, isDirectory };
      const top = planCopy({ source, target: { path: local, standing } });
      return new LocalUnpacker(top, { keepsOwners: this.#keepsOwners });
    });
  }

  async #standingOf(volume: string, path: string): Promise<Standing> {
    try {
      const { body } = await this.#volumes.export(volume, path);
      return (await readFirstKind(body)) === "directory" ? "directory" : "other";
    } catch (error) {
      const isMissing = error instanceof ApiError && error.status === 404;
      if (isMissing && error.message.includes("no such file")) return "missing";
      throw error;
    }
  }
}

/** What the first entry says; the rest is not asked for. */
async function readFirstKind(body: ReadableStream<Uint8Array> | null) {
  let first: TarEntry | undefined;
  const begin = (entry: TarEntry) => {
    first ??= entry;
  };
  const reader = new TarReader({ begin, data: () => undefined, end: () => undefined });
  for await (const chunk of body ?? []) {
    reader.feed(chunk);
    if (first !== undefined) break;
  }
  return first?.kind;
}
