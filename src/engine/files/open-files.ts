import { existsSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import type { Mount } from "../../oci/runtime-spec.ts";
import type { FilesView } from "../../runtime/files-view.ts";
import { hasCode } from "../../store/disk-error.ts";
import { type IdShift, SAME_IDS } from "../../store/id-shift.ts";
import type { AccountFiles } from "../containers/accounts.ts";
import { prepareBinds } from "../containers/bind-sources.ts";
import type { Container } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";
import { filesOf } from "../containers/files.ts";
import { matchUsers } from "../containers/matched-users.ts";
import type { ContainerRecord } from "../containers/record.ts";
import { hasEnded } from "../containers/sudden-end.ts";
import { sortMounts, toMount } from "../spec/container-mounts.ts";
import { planMappings } from "../spec/namespaces.ts";
import { volumesOf } from "../volumes/volume-events.ts";

/** What opening files needs beside what all work on containers does. */
export interface OpenContext extends Context {
  readonly accounts: AccountFiles;
}

/** A container's files, to be worked on until this is disposed of. */
export interface OpenFiles extends Disposable {
  /** A path of this process's to the root. */
  readonly path: string;
  readonly ids: IdShift;
}

/** Which of a container's files: with what is mounted in its root, or the root alone. */
export type FilesScope = "mounted" | "root";

/** Opens a container's files. One that does not run is not started, changed or removed meanwhile. */
export async function openFiles(
  context: OpenContext,
  container: Container,
  scope: FilesScope,
): Promise<OpenFiles> {
  for (;;) {
    const running = findRunning(context, container, scope);
    if (running !== undefined) return running;
    // It may have gone before its monitor could say so. Its end is noted before the lock is ours.
    const isOver = container.running === undefined || (await hasEnded(container.running));
    const opened = Promise.withResolvers<OpenFiles | undefined>();
    const opening = { scope, opened, mayFail: !isOver };
    container.lock.run(() => keepOpen(context, container, opening)).catch(opened.reject);
    const files = await opened.promise;
    if (files !== undefined) return files;
  }
}

interface Opening {
  readonly scope: FilesScope;
  /** With undefined where it has been started and has ended since: that can be noted without the lock only. */
  readonly opened: PromiseWithResolvers<OpenFiles | undefined>;
  /** What is missing is not its program. */
  readonly mayFail: boolean;
}

/** Ends when the files are let go of. */
async function keepOpen(
  context: OpenContext,
  container: Container,
  { scope, opened, mayFail }: Opening,
): Promise<void> {
  if (container.isRemoved) {
    throw new EngineError("not-found", `No such container: ${container.id}`);
  }
  const running = findRunning(context, container, scope);
  if (running !== undefined || (container.running !== undefined && !mayFail)) {
    opened.resolve(running);
    return;
  }
  const record = matchUsers(container.record, await context.accounts.read(container.root));
  using _volumes = scope === "mounted" ? await enterVolumes(context, record) : undefined;
  using files = open(context, container, { record, scope });
  const done = Promise.withResolvers<void>();
  opened.resolve({ path: files.path, ids: files.ids, [Symbol.dispose]: () => done.resolve() });
  await done.promise;
}

/** What a start would make ready for its mounts. */
async function enterVolumes(context: OpenContext, record: ContainerRecord): Promise<Disposable> {
  prepareBinds(context, record);
  const { devices } = context.volumes;
  const user = `files of ${record.id}`;
  using entered = new DisposableStack();
  for (const { source } of volumesOf(record.mounts)) {
    await devices.acquire(source, user);
    entered.defer(() => devices.release(source, user));
  }
  return entered.move();
}

/** Undefined: it does not run, or has ended just now. */
function findRunning(
  context: OpenContext,
  container: Container,
  scope: FilesScope,
): OpenFiles | undefined {
  if (container.running === undefined) return undefined;
  try {
    return open(context, container, { record: container.record, scope });
  } catch (cause) {
    if (hasCode(cause, GONE)) return undefined;
    throw cause;
  }
}

const GONE: readonly string[] = ["EACCES", "EINVAL", "ENOENT", "ESRCH"];

interface Opened {
  readonly record: ContainerRecord;
  readonly scope: FilesScope;
}

function open(context: Context, container: Container, { record, scope }: Opened): OpenFiles {
  const { running } = container;
  const view: FilesView = context.runtime.openFiles({
    root: container.root,
    running,
    mounts: scope === "mounted" ? mountsOf(context, record) : [],
    mappings: planMappings(record.userNamespace),
  });
  const ids = record.userNamespace === "host" ? SAME_IDS : record.userNamespace;
  return { path: view.path, ids, [Symbol.dispose]: () => view[Symbol.dispose]() };
}

function mountsOf(context: Context, record: ContainerRecord): readonly Mount[] {
  const mappings = planMappings(record.userNamespace);
  const own = record.mounts.map((mount) => toMount(mount, mappings));
  const taken = new Set(own.map(({ destination }) => destination));
  const files = nameFiles(context, record).filter(({ destination }) => !taken.has(destination));
  return sortMounts([...files, ...own]);
}

/** They are there from the first start on. */
function nameFiles(context: Context, { id, config }: ContainerRecord): readonly Mount[] {
  if (config.networkDisabled) return [];
  const { network } = config.host;
  const donor = network.kind === "container" ? network.container : id;
  // Whose network it shared may be gone, and the files with it.
  const owner = context.containers.find(donor)?.id ?? id;
  const { resolvConf, hostname, hosts } = filesOf(context, owner);
  const files = [
    ["/etc/resolv.conf", resolvConf],
    ["/etc/hostname", hostname],
    ["/etc/hosts", hosts],
  ] as const;
  return files
    .filter(([, source]) => existsSync(source))
    .map(([destination, source]) => ({ destination, type: "bind", source, options: ["bind"] }));
}
