import { EngineError } from "../../base/errors.ts";
import { SAME_IDS } from "../../store/id-shift.ts";
import { Staging } from "../../store/staging.ts";
import type { Store } from "../../store/store.ts";
import { archiveContents, archiveTree } from "../../store/tree-archive.ts";
import { listTreeChanges } from "../../store/tree-changes.ts";
import {
  findTreePlace,
  isDirectory,
  isSymlink,
  resolveTreePath,
  type TreePlace,
} from "../../store/tree-place.ts";
import { unpackTree } from "../../store/tree-unpack.ts";
import type { CommitRequest } from "../commit-facade.ts";
import type { AccountFiles } from "../containers/accounts.ts";
import type { Container } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";
import type { ContainerRecord } from "../containers/record.ts";
import type { ArchivedPath, FileChange, Files, PathStat, WriteTarget } from "../files-facade.ts";
import type { StoredImages } from "../images/stored-images.ts";
import { cleanTarget } from "../spec/container-mounts.ts";
import { resolveUser } from "../spec/user.ts";
import { unlessRemoved, whileThere } from "./check-there.ts";
import { commitContainer } from "./commit.ts";
import { holdWhile } from "./held-stream.ts";
import { type OpenFiles, openFiles } from "./open-files.ts";
import { requireImage } from "./require-image.ts";

/** What the work on files needs beside what all work on containers does. */
export interface FilesContext extends Context {
  readonly store: Store;
  readonly accounts: AccountFiles;
  readonly images: StoredImages;
}

/** The files of containers: in and out, compared with their image, and made into one. */
export class EngineFiles implements Files {
  readonly #context: FilesContext;

  constructor(context: FilesContext) {
    this.#context = context;
  }

  async stat(ref: string, path: string): Promise<PathStat> {
    const container = this.#get(ref);
    using files = await openFiles(this.#context, container, "mounted");
    using place = getPlace(files, path, ref);
    return statOf(files, place, path);
  }

  async read(ref: string, path: string): Promise<ArchivedPath> {
    const container = this.#get(ref);
    using undo = new DisposableStack();
    const files = undo.use(await openFiles(this.#context, container, "mounted"));
    const place = undo.use(getPlace(files, path, ref));
    const stat = statOf(files, place, path);
    const archive = archiveTree(place.directory, place.base, {
      // The root's own name is the slash that comes after it.
      name: place.name === "/" ? "" : Buffer.from(place.name).toString("latin1"),
      ids: files.ids,
    });
    return { stat, archive: holdWhile(whileThere(archive, container), undo.move()) };
  }

  async write(
    ref: string,
    { path, keepsKinds, takesUser }: WriteTarget,
    archive: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const container = this.#get(ref);
    using files = await openFiles(this.#context, container, "mounted");
    const directory = resolveTreePath(files.path, path);
    using place = requirePlace(findTreePlace(files.path, directory), path, ref);
    if (!isDirectory(place)) {
      throw new EngineError("invalid", "extraction point is not a directory");
    }
    checkWritable(container.record, directory);
    const owner = takesUser ? await this.#userOf(container) : undefined;
    await using staging = new Staging(this.#context.store.dataRoot);
    await unpackTree(archive, {
      directory: files.path,
      path: Buffer.from(directory).toString("latin1"),
      notesPath: staging.newPath(),
      ids: files.ids,
      merge: { keepsKinds },
      ...(owner === undefined ? {} : { owner }),
    });
  }

  async changes(ref: string): Promise<readonly FileChange[]> {
    const container = requireImage(this.#get(ref), "compare");
    const { userNamespace } = container.record;
    const ids = userNamespace === "host" ? SAME_IDS : userNamespace;
    const tree = this.#context.store.snapshots.changedTree(container.id, ids);
    const found = await unlessRemoved(container, () => listTreeChanges(tree));
    return found.map(({ kind, path }) => ({
      kind,
      path: `/${Buffer.from(path, "latin1").toString()}`,
    }));
  }

  async export(ref: string): Promise<AsyncIterable<Uint8Array>> {
    const container = this.#get(ref);
    const files = await openFiles(this.#context, container, "root");
    const archive = archiveContents(files.path, { ids: files.ids });
    return holdWhile(whileThere(archive, container), files);
  }

  async commit(ref: string, request: CommitRequest): Promise<string> {
    return await commitContainer(this.#context, this.#get(ref), request);
  }

  async #userOf({ record, running, root }: Container) {
    const { user } = record.effective;
    if (user === "") return undefined;
    return resolveUser(user, await this.#context.accounts.read(running ?? root));
  }

  #get(ref: string): Container {
    return this.#context.containers.get(ref);
  }
}

function getPlace(files: OpenFiles, path: string, ref: string): TreePlace {
  return requirePlace(findTreePlace(files.path, path), path, ref);
}

function requirePlace(place: TreePlace | undefined, path: string, ref: string): TreePlace {
  if (place !== undefined) return place;
  throw new EngineError("not-found", `Could not find the file ${path} in container ${ref}`);
}

function statOf(files: OpenFiles, place: TreePlace, path: string): PathStat {
  const { mode, size, modified } = place.status;
  return {
    name: place.name,
    sizeBytes: size,
    mode,
    modifiedNs: modified.seconds * 1_000_000_000n + BigInt(modified.nanoseconds),
    linkTarget: isSymlink(place) ? resolveTreePath(files.path, path) : "",
  };
}

/** Docker's order: a volume decides for itself, whatever holds for the root. */
function checkWritable({ mounts, config }: ContainerRecord, path: string): void {
  const over = mounts
    .filter(({ target }) => isWithin(path, cleanTarget(target)))
    .toSorted((one, other) => other.target.length - one.target.length)
    .at(0);
  if (over?.readonly === true) {
    throw new EngineError("forbidden", "mounted volume is marked read-only");
  }
  if (over === undefined && config.host.readonlyRoot) {
    throw new EngineError("forbidden", "container rootfs is marked read-only");
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}
