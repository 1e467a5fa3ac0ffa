import { readlink, realpath, stat as statLocal } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeTar } from "../../base/tar/tar-writer.ts";
import type { ContainerFileApi, PathStat } from "../../client/container-files.ts";
import { ApiError } from "../../client/errors.ts";
import { toStream } from "../../client/to-stream.ts";
import { CommandError } from "../command.ts";
import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";
import { writeArchive } from "../write-archive.ts";
import { CopyProgress } from "./copy-progress.ts";
import { listLocal } from "./local-files.ts";
import { lstatLocal, standingOfLocal } from "./local-standing.ts";
import { LocalUnpacker } from "./local-unpack.ts";
import { isOfContents, planCopy, type Standing } from "./place.ts";
import { SpecialFiles } from "./special-files.ts";
import { unpackLocal } from "./unpack-local.ts";

/** A path in a container. */
export interface ContainerPath {
  readonly container: string;
  readonly path: string;
}

export interface CopyOptions {
  readonly archive: boolean;
  readonly followLink: boolean;
  readonly quiet: boolean;
}

const IS_DIRECTORY = 2 ** 31;
const IS_LINK = 2 ** 27;

/** Copies between a container and this machine, with the rules of `docker cp`. */
export class ContainerCopy {
  readonly #files: ContainerFileApi;
  readonly #io: Io;
  readonly #options: CopyOptions;

  constructor(files: ContainerFileApi, io: Io, options: CopyOptions) {
    this.#files = files;
    this.#io = io;
    this.#options = options;
  }

  /** `from` is a path of this machine, or `-` for an archive from standard input. */
  async send(from: string, to: ContainerPath): Promise<void> {
    const target = await this.#findTarget(to);
    if (from === "-") {
      if (target.standing !== "directory") {
        throw new CommandError(`destination "${to.container}:${to.path}" must be a directory`);
      }
      await this.#upload(this.#io.stdin.stream(), { ...to, path: target.path }, target.path);
      return;
    }
    const given = resolvePath(from, this.#io);
    const isFollowed = this.#options.followLink || from.endsWith("/") || isOfContents(from);
    await lstatLocal(given);
    const local = isFollowed ? await realpath(given) : given;
    const isDirectory = (await lstatLocal(local)).isDirectory();
    if (!isDirectory && /\/\.?$/.test(from)) throw new CommandError("not a directory");
    const source = { path: from, name: basename(given), isDirectory };
    const { directory, name } = planCopy({ source, target });
    const files = writeTar(listLocal(local, { name, keepsOwners: true }));
    await this.#upload(
      files,
      { ...to, path: directory.replace(/(?<=.)\/+$/, "") || "/" },
      target.path,
    );
  }

  /** `to` is a path of this machine, or `-` for an archive to standard output. */
  async receive(from: ContainerPath, to: string): Promise<void> {
    const source = this.#options.followLink ? await this.#follow(from) : from.path;
    if (to === "-") {
      const { archive } = await this.#files.read(from.container, source);
      await writeArchive(archive, "", this.#io);
      return;
    }
    const shown = resolvePath(to, this.#io) + (/\/\.?$/.test(to) ? "/" : "");
    await checkParent(shown);
    const isRoot = /^[/.]*$/.test(source);
    const asked = isRoot ? "/." : source;
    const { stat, archive } = await this.#files.read(from.container, asked);
    const local = await followLocal(shown);
    const isDirectory = stat.mode >= IS_DIRECTORY;
    // A link that was followed keeps its own name.
    const name = basename(from.path);
    const top = planCopy({
      source: { path: asked, name, isDirectory },
      target: { path: local, standing: await standingOfLocal(local) },
    });
    const specials = new SpecialFiles(this.#io);
    const unpacker = new LocalUnpacker(top, {
      keepsOwners: this.#options.archive,
      onSpecial: (path, entry) => specials.add(path, entry),
    });
    await this.#told("from", shown, async (count) =>
      unpackLocal(count(archive.body ?? new ReadableStream()), () => unpacker),
    );
    await specials.make();
  }

  async #upload(
    pieces: AsyncIterable<Uint8Array>,
    { container, path }: ContainerPath,
    shown: string,
  ): Promise<void> {
    const target = { path, copyUIDGID: this.#options.archive };
    await this.#told("to", `${container}:${shown}`, (count) =>
      this.#files.write(container, target, toStream(count(pieces))),
    );
  }

  async #told(
    direction: "to" | "from",
    target: string,
    work: (count: Count) => Promise<void>,
  ): Promise<void> {
    if (this.#options.quiet) {
      await work(passOn);
      return;
    }
    const progress = new CopyProgress(this.#io, direction);
    try {
      await work((pieces) => progress.count(pieces));
    } finally {
      await progress.end();
    }
    await progress.tellDone(target);
  }

  /** What stands there; of a link, where it leads to. */
  async #findTarget({ container, path }: ContainerPath) {
    const found = await this.#findStat(container, path);
    if (found === undefined) return { path, standing: "missing" } as const;
    if (!isLink(found)) return { path, standing: standingOf(found) };
    const target = join("/", found.linkTarget);
    const there = await this.#findStat(container, target);
    return { path: target, standing: there === undefined ? "missing" : standingOf(there) } as const;
  }

  /** Docker takes every error for "nothing there"; what is wrong is told by the copy itself. */
  async #findStat(container: string, path: string): Promise<PathStat | undefined> {
    try {
      return await this.#files.stat(container, path);
    } catch (cause) {
      if (cause instanceof ApiError) return undefined;
      throw cause;
    }
  }

  async #follow({ container, path }: ContainerPath): Promise<string> {
    const found = await this.#findStat(container, path);
    return found !== undefined && isLink(found) ? found.linkTarget : path;
  }
}

type Count = (pieces: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;

async function* passOn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

function isLink({ mode }: PathStat): boolean {
  return mode < IS_DIRECTORY && Math.floor(mode / IS_LINK) % 2 === 1;
}

function standingOf({ mode }: PathStat): Standing {
  return mode >= IS_DIRECTORY ? "directory" : "other";
}

async function checkParent(path: string): Promise<void> {
  const parent = dirname(path);
  if ((await statLocal(parent).catch(() => undefined)) !== undefined) return;
  throw new CommandError(`invalid output path: directory "${parent}" does not exist`);
}

const MAX_LINKS = 10;

/** A link is written to where it leads, also where nothing is there yet. */
async function followLocal(path: string): Promise<string> {
  let found = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await readlink(found.replace(/\/$/, "")).catch(() => undefined);
    if (target === undefined) return found;
    found = join(dirname(found), target);
  }
  throw new CommandError(`too many levels of symbolic links: ${path}`);
}
