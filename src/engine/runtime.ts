import type { ExplainedPlan } from "../base/explained-plan.ts";
import type { Linux, Process } from "../oci/runtime-spec.ts";
import type {
  ExitRecord,
  RootSource,
  Running,
  StartHooks,
  StartRequest,
  Stdio,
} from "../runtime/model.ts";

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
  /** What start() would do, without doing it. */
  explain(request: StartRequest): ExplainedPlan;
  /** What the last start() of this container did. */
  trace(id: string): ExplainedPlan | undefined;
  /** Takes away the cgroup and the run files; idempotent. */
  cleanup(id: string): Promise<void>;
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
   * Copies what an image has at `path` into the directory `target`, with owners, modes, times and
   * xattrs, and gives `target` itself those of `path`. False: the image has no directory there.
   */
  copyOut(root: RootSource, path: string, target: string): Promise<boolean>;
  /** Whether a path on the host, and what is mounted beneath it, can be bound with id mappings. */
  canIdmap(path: string): boolean;
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
