import type { ExplainedPlan } from "../base/explained-plan.ts";
import type { Linux, Process } from "../oci/runtime-spec.ts";
import type { FilesRequest, FilesView } from "../runtime/files-view.ts";
import type { MissingLibrary, ProgramStart } from "../runtime/missing-library.ts";
import type {
  ExitRecord,
  PreparedCheck,
  RootSource,
  Running,
  StartHooks,
  StartRequest,
  Stdio,
} from "../runtime/model.ts";
import type { Observer } from "../runtime/observer.ts";

/**
 * What the engine needs of the layer that runs programs. All policy is above it: a request says
 * everything. Whatever it makes for an id, `cleanup` takes away.
 */
export interface Runtime {
  /**
   * Resolves when the program runs. A failure leaves nothing behind and is an EngineError whose
   * `exitCode` is 126 or 127 where the program itself is at fault, else 125 or undefined.
   */
  start(request: StartRequest, hooks: StartHooks): Promise<Running>;
  /** After a restart of the daemon: what became of a container. Undefined: nobody knows. */
  recover(id: string): Promise<Running | ExitRecord | undefined>;
  /** Runs one more program in a container; fails as start() does. */
  exec(
    container: Running,
    request: ExecRequest,
    hooks: Pick<StartHooks, "beforeExec">,
  ): Promise<Running>;
  /** Makes ready to run a program in a container again and again; fails as exec() does. */
  prepareCheck(container: Running, request: Omit<ExecRequest, "id" | "stdio">): PreparedCheck;
  /** What start() would do, without doing it. */
  explain(request: StartRequest): ExplainedPlan;
  /** What the last start() of this container did. */
  trace(id: string): ExplainedPlan | undefined;
  /** Takes away the cgroup and the run files; idempotent. */
  cleanup(id: string): Promise<void>;
  /** Resolves when nothing is being taken away any more. */
  settled(): Promise<void>;
  /** What keeps a program from being loaded; undefined where nothing does, or none can be found. */
  findMissingLibrary(root: RootSource, start: ProgramStart): Promise<MissingLibrary | undefined>;
  /** Containers that run, seen from the host. */
  readonly observer: Observer;
  /** Forgets what trace() could tell of a container. */
  forget(id: string): void;
  /** Takes away what a dead daemon left of programs that are no container's any more. */
  sweep(isContainer: (id: string) => boolean): Promise<void>;
  /**
   * The text of a small file as a program in there sees it: a link never leads out of the root.
   * Undefined: there is no such file.
   */
  readFile(root: RootSource | Running, path: string): Promise<string | undefined>;
  /**
   * Copies what an image has at `path` into an empty directory, with owners, modes, times and xattrs,
   * and gives it itself those of `path`. False: either is no directory, or something is in it. `target`
   * is only asked for where there is something to copy.
   */
  copyOut(
    root: RootSource,
    path: string,
    target: () => Promise<{ readonly source: string; readonly subpath?: string }>,
  ): Promise<boolean>;
  /** Mounts a file system on a volume's directory on the host; the words are those of mount(8). */
  mountVolume(
    source: { readonly type: string; readonly device: string; readonly options: string },
    target: string,
  ): Promise<void>;
  /** Takes away what is mounted there; no error where nothing is. */
  unmountVolume(target: string): void;
  /** Whether such a file system, once mounted, can be bound with id mappings. */
  canIdmapType(type: string): boolean;
  /** The mount on the host that a path is on, and how mounts travel to and from it. */
  mountOf(path: string): {
    readonly path: string;
    readonly isShared: boolean;
    readonly isSlave: boolean;
  };
  /**
   * A container's files as its programs see them, at a path: its root with its binds, volumes and
   * memory, but nothing that the kernel makes up. They stay until the view is disposed of. Throws
   * SysError ENOENT or ESRCH where the program has ended.
   */
  openFiles(request: FilesRequest): FilesView;
  /** Whether a path on the host, and what is mounted beneath it, can be bound with id mappings. */
  canIdmap(path: string): boolean;
  /** Whether images' layers, and what else is in the data root, can be seen through one. */
  canIdmapLayers(): boolean;
}

/** A further program for a container; it joins all of its namespaces and its cgroup. */
export interface ExecRequest {
  /** 64 hex digits. */
  readonly id: string;
  readonly process: Process;
  readonly stdio: Stdio;
  /** Of the container's spec, what holds for all of its programs; no mappings: the host's user namespace. */
  readonly linux: Pick<Linux, "cgroupsPath" | "seccomp" | "uidMappings">;
}
