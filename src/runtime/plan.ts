// From an OCI runtime spec to what init does, step by step. Pure: nothing is touched, and the same
// inputs give the same steps. The order of the parts is the design; each says why it stands there.

import { CLONE_FLAG } from "../linux/namespace.ts";
import type { Linux, Namespace, NamespaceType, Spec } from "../oci/runtime-spec.ts";
import { planIdentity } from "./plan-identity.ts";
import {
  type ContainerPlanInputs,
  type ExecPlanInputs,
  hasOwnUserNamespace,
} from "./plan-inputs.ts";
import { planMounts, planVisible } from "./plan-mounts.ts";
import { planProgram, planStdio } from "./plan-program.ts";
import { passed, type Step } from "./step.ts";

/** What init does to become a container's first process. */
export function planContainer(inputs: ContainerPlanInputs): readonly Step[] {
  const { spec, host, stdio } = inputs;
  const process = requireProcess(spec);
  return [
    // First, so that all that the container uses from here on is counted as its own.
    ...planCgroup(host.cgroup),
    // Before anything is made, so that it belongs to the container's root.
    ...planBecomeRoot(hasOwnUserNamespace(spec)),
    ...planNamespaces(spec),
    // Early: the kernel tells the bridge a moment later that the link is up, and drops packets until then.
    ...host.network.map((request): Step => {
      return { op: "netlink", args: [request.message], what: request.what, why: "network" };
    }),
    // Before the host's tree is gone: a user namespace may mount only what is visible there.
    ...planVisible(spec),
    {
      op: "root",
      args: [passed("root")],
      what: "put the container's file system in place of the host's",
      why: "root",
    },
    ...planMounts(spec, host),
    ...planHost(spec),
    // Before /proc/sys is made read-only.
    ...planSysctls(spec),
    ...planProtection(spec.linux),
    ...planKeyring(spec),
    ...planStdio({ process, stdio, console: true }),
    ...planWorkingDirectory(process.cwd),
    // After the last step that makes a file in the root.
    ...(spec.root?.readonly === true
      ? [step("mount-readonly", ["/"], "make the root file system read-only", "--read-only")]
      : []),
    ...planIdentity(process, { ...host, ownUserNamespace: hasOwnUserNamespace(spec) }),
    ...planProgram(process, inputs.reaper),
  ];
}

/** What init does to become a further program in a container that runs. */
export function planExec(inputs: ExecPlanInputs): readonly Step[] {
  const { process, stdio, ownUserNamespace, namespaces, host } = inputs;
  return [
    ...planCgroup(host.cgroup),
    ...planBecomeRoot(ownUserNamespace),
    // One by one: a pidfd of the container would do for all, but not where PID 1 is the reaper, which
    // nobody may look into. setns(2), ptrace(2) on PTRACE_MODE_READ_REALCREDS
    ...namespaces.map((type) => planEnter(type)),
    ...planStdio({ process, stdio, console: false }),
    step("cwd", [process.cwd], `go to ${process.cwd}`, "--workdir"),
    ...planIdentity(process, { ...host, ownUserNamespace }),
    ...planProgram(process, false),
  ];
}

function requireProcess(spec: Spec) {
  if (spec.process !== undefined) return spec.process;
  throw new TypeError("A spec without a process cannot be started");
}

/** On v2 the monitor clones init into its cgroup; on v1 a process that moves itself waits for nobody. */
function planCgroup(cgroup: ContainerPlanInputs["host"]["cgroup"]): readonly Step[] {
  if (cgroup.version === "2") return [];
  return cgroup.hierarchies.map((name) =>
    step("write", [passed(`cgroup ${name}`), "0"], `move into the ${name} cgroup`, "cgroup"),
  );
}

function planBecomeRoot(ownUserNamespace: boolean): readonly Step[] {
  if (!ownUserNamespace) return [];
  return [step("become-root", [], "become root of the user namespace", "--userns")];
}

function planNamespaces(spec: Spec): readonly Step[] {
  const namespaces = spec.linux?.namespaces ?? [];
  // The cgroup namespace's root is where its maker is: so it is made last, by init itself.
  return namespaces.flatMap((namespace): readonly Step[] => {
    if (namespace.path !== undefined) return planJoin(namespace);
    if (namespace.type !== "cgroup") return [];
    return [step("unshare", [CLONE_FLAG.cgroup], "make a cgroup namespace", "--cgroupns")];
  });
}

/** User and pid namespaces are joined before init is cloned. */
function planJoin({ type, path = "" }: Namespace): readonly Step[] {
  if (type === "user" || type === "pid") return [];
  return [
    step(
      "setns",
      [passed(`namespace ${type}`), CLONE_FLAG[type]],
      `join the ${type} namespace ${path}`,
      `--${type}`,
    ),
  ];
}

function planEnter(type: NamespaceType): Step {
  const flag = CLONE_FLAG[type];
  return step("setns", [passed(`namespace ${type}`), flag], `join its ${type} namespace`, "exec");
}

function planHost({ hostname, domainname }: Spec): readonly Step[] {
  return [
    ...(hostname === undefined
      ? []
      : [step("hostname", [hostname], `set the host name to ${hostname}`, "--hostname")]),
    ...(domainname === undefined || domainname === ""
      ? []
      : [step("domainname", [domainname], `set the domain name to ${domainname}`, "--domainname")]),
  ];
}

// Without them a container's root could not listen on a low port, or ping, without a capability.
const DEFAULT_SYSCTLS = new Set([
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
]);

function planSysctls(spec: Spec): readonly Step[] {
  return Object.entries(spec.linux?.sysctl ?? {}).map(([key, value]) => {
    const path = `/proc/sys/${key.replaceAll(".", "/")}`;
    const why = DEFAULT_SYSCTLS.has(key) ? "default; --sysctl" : "--sysctl";
    return step("sysctl", [path, value], `set ${key} to ${value}`, why);
  });
}

function planProtection(linux: Linux | undefined): readonly Step[] {
  const { maskedPaths = [], readonlyPaths = [] } = linux ?? {};
  const why = "default; off with --security-opt systempaths=unconfined";
  return [
    ...readonlyPaths.map((path) => step("readonly", [path], `make ${path} read-only`, why)),
    ...maskedPaths.map((path) => step("mask", [path], `hide ${path}`, why)),
  ];
}

function planKeyring(spec: Spec): readonly Step[] {
  const name = `_ses.${spec.hostname ?? "container"}`;
  return [step("keyring", [name], "get a session keyring of its own", "default")];
}

function planWorkingDirectory(cwd: string): readonly Step[] {
  return [
    step("mkdir", [cwd, 0o755], `make ${cwd} where it is missing`, "--workdir"),
    // As root: a program may run in a directory that its user could not enter. As Docker does it.
    step("cwd", [cwd], `go to ${cwd}`, "--workdir"),
  ];
}

function step(op: Step["op"], args: Step["args"], ...[what, why]: [string, string]): Step {
  return { op, args, what, why };
}
