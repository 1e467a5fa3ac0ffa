// Checks: short programs that are run in a container again and again, such as those that tell whether
// it is well. Each is an exec of which nobody sees more than its exit code and how its output begins,
// so that it needs no socket, no files and no plan of its own.

import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import { sealedMemory } from "../linux/memfd.ts";
import { CLONE_FLAG, foreignNamespaces, openNamespace } from "../linux/namespace.ts";
import { openPidfd } from "../linux/pidfd.ts";
import { socketPair } from "../linux/socket.ts";
import type { NamespaceType } from "../oci/runtime-spec.ts";
import type { ExecRequest } from "./exec-start.ts";
import { type Host, planInputsOf } from "./host.ts";
import { PassedDescriptors, passTasks, setProcessLimits } from "./host-work.ts";
import type { CheckEnd, PreparedCheck, Running } from "./model.ts";
import { followSync, monitorArguments } from "./monitor.ts";
import { planExec } from "./plan.ts";
import { type EncodedPlan, encodePlan } from "./plan-encoding.ts";
import { explainFailure } from "./start-failure.ts";
import type { Step } from "./step.ts";
import { sendPlan } from "./sync-pipe.ts";

/** A program for a container, without what tells one run of it from another. */
export type CheckRequest = Omit<ExecRequest, "id" | "stdio">;

const STDIO = { stdin: false, stdinOnce: false } as const;

// The user and pid namespaces are joined before init is cloned.
const JOINED_BY_INIT = ["mount", "network", "ipc", "uts", "cgroup"] as const;

/** A check that is planned once, and run as often as is wanted while its container runs. */
export class Check implements PreparedCheck {
  readonly #host: Host;
  readonly #container: Running;
  readonly #request: CheckRequest;
  readonly #namespaces: readonly NamespaceType[];
  readonly #steps: readonly Step[];
  readonly #plan: EncodedPlan;

  constructor(host: Host, container: Running, request: CheckRequest) {
    this.#host = host;
    this.#container = container;
    this.#request = request;
    this.#namespaces = foreignNamespaces(container.pid, JOINED_BY_INIT);
    this.#steps = planExec({
      process: request.process,
      stdio: STDIO,
      ownUserNamespace: this.#joinsUser,
      namespaces: this.#namespaces,
      host: planInputsOf(host, request.linux),
    });
    this.#plan = encodePlan(this.#steps);
  }

  /** Runs it. When `signal` comes, whatever it has started is killed and this rejects. */
  async run(signal: AbortSignal): Promise<CheckEnd> {
    signal.throwIfAborted();
    using passed = new PassedDescriptors();
    this.#open(passed);
    const { sync, sender, abandon } = this.#start(passed);
    // That nobody reads any more is how the monitor learns that it is to end.
    signal.addEventListener("abort", abandon, { once: true });
    try {
      const { process } = this.#request;
      // All else can lie in the socket until init comes to read it.
      if ((process.rlimits ?? []).length > 0) setProcessLimits((await sync.hello).pid, process);
      this.#sendPlan(sender, passed);
      const outcome = await sync.outcome;
      signal.throwIfAborted();
      if (sync.ended !== undefined && outcome.kind === "running") return sync.ended;
      if (outcome.kind !== "failed") throw new Error("the check was killed before its end");
      const { failure } = outcome;
      throw explainFailure({ failure, steps: this.#steps, root: passed.get("root") });
    } finally {
      signal.removeEventListener("abort", abandon);
      abandon();
    }
  }

  get #joinsUser(): boolean {
    return (this.#request.linux.uidMappings ?? []).length > 0;
  }

  #start(passed: PassedDescriptors): ReturnType<typeof followSync> {
    const { cgroups, checks } = this.#host;
    const path = this.#request.linux.cgroupsPath ?? "/";
    const args = monitorArguments({
      runPrefix: "-",
      keepsRecord: false,
      isCheck: true,
      cloneFlags: 0,
      join: { flags: CLONE_FLAG.pid | (this.#joinsUser ? CLONE_FLAG.user : 0) },
      ...(cgroups.version === "2" ? { cgroupDirectory: `${cgroups.path}${path}` } : {}),
      stdio: STDIO,
    });
    const [near, far] = socketPair();
    using _far = far;
    checks.start(args, [far, passed.get("container")]);
    return followSync(near);
  }

  #open(passed: PassedDescriptors): void {
    const { pid } = this.#container;
    passed.set("container", openPidfd(pid));
    passed.set("root", openFile(`/proc/${pid}/root`, OPEN.PATH | OPEN.DIRECTORY));
    passTasks(this.#host.cgroups, this.#request.linux.cgroupsPath ?? "/", passed);
    for (const type of this.#namespaces) {
      passed.set(`namespace ${type}`, openNamespace(pid, type));
    }
    // It is there, so that what was opened by its number is its own.
    this.#container.kill(0);
  }

  #sendPlan(sender: Descriptor, passed: PassedDescriptors): void {
    const { bytes, descriptors } = this.#plan;
    using memory = sealedMemory("plan", bytes);
    const plan = { memory, sizeBytes: bytes.byteLength };
    sendPlan(
      sender,
      plan,
      descriptors.map((name) => passed.get(name)),
    );
  }
}
