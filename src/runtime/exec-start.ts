// The start of a further program in a container that runs.

import { OPEN } from "../linux/beneath.ts";
import { openFile } from "../linux/fd.ts";
import { CLONE_FLAG, foreignNamespaces, openNamespace } from "../linux/namespace.ts";
import { openPidfd } from "../linux/pidfd.ts";
import type { Linux, Process } from "../oci/runtime-spec.ts";
import type { StartContext } from "./container-start.ts";
import { planInputsOf } from "./host.ts";
import { PassedDescriptors, passTasks, setProcessLimits } from "./host-work.ts";
import { launch } from "./launch.ts";
import type { Running, Stdio } from "./model.ts";
import { planExec } from "./plan.ts";
import type { RunningProgram } from "./running.ts";
import { Stopwatch } from "./trace.ts";

/** A further program for a container; it joins all of its namespaces and its cgroup. */
export interface ExecRequest {
  /** 64 hex digits. */
  readonly id: string;
  readonly process: Process;
  readonly stdio: Stdio;
  /** Of the container's spec; no mappings: the host's user namespace. */
  readonly linux: Pick<Linux, "cgroupsPath" | "seccomp" | "uidMappings">;
}

// The user and pid namespaces are joined before init is cloned.
const JOINED_BY_INIT = ["mount", "network", "ipc", "uts", "cgroup"] as const;

/** Starts it. On failure nothing of it is left. */
export async function startExec(
  container: Running,
  request: ExecRequest,
  { host, hooks }: Pick<StartContext, "host" | "hooks">,
): Promise<RunningProgram> {
  const { id, linux, process, stdio } = request;
  const cgroupPath = linux.cgroupsPath ?? "/";
  const ownUserNamespace = (linux.uidMappings ?? []).length > 0;
  using undo = new DisposableStack();
  using passed = new PassedDescriptors();
  using pidfd = openPidfd(container.pid);
  const runPrefix = host.runFiles.prefixOf(id);
  undo.defer(() => host.runFiles.remove(id));
  const running = await launch({
    id,
    stdio,
    stopwatch: new Stopwatch(),
    passed,
    hooks,
    monitor: {
      program: host.program,
      runPrefix,
      keepsRecord: false,
      cloneFlags: 0,
      join: { pidfd, flags: CLONE_FLAG.pid | (ownUserNamespace ? CLONE_FLAG.user : 0) },
      ...(host.cgroups.version === "2"
        ? { cgroupDirectory: `${host.cgroups.path}${cgroupPath}` }
        : {}),
    },
    async prepare(init) {
      passed.set("root", openFile(`/proc/${container.pid}/root`, OPEN.PATH | OPEN.DIRECTORY));
      passTasks(host.cgroups, cgroupPath, passed);
      const namespaces = foreignNamespaces(container.pid, JOINED_BY_INIT);
      for (const type of namespaces) {
        passed.set(`namespace ${type}`, openNamespace(container.pid, type));
      }
      // It is there, so that what was opened by its number is its own.
      container.kill(0);
      const inputs = { process, stdio, ownUserNamespace, namespaces };
      const steps = planExec({ ...inputs, host: planInputsOf(host, linux) });
      setProcessLimits(await init, process);
      return steps;
    },
    rootOf: () => passed.get("root"),
    // Who was killed is the container's affair.
    readMemoryEnd: () => ({ oomKills: 0 }),
  });
  undo.move();
  // Nobody asks for an exec after a restart of the daemon: its files go with it.
  void running.exited.then(() => host.runFiles.remove(id));
  return running;
}
