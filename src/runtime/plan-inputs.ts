import type { NetlinkRequest } from "../linux/netlink-message.ts";
import type { SeccompProgram } from "../linux/seccomp.ts";
import type { NamespaceType, Process, Spec } from "../oci/runtime-spec.ts";
import type { Stdio } from "./model.ts";

/** What the host has to do with a plan: all that is not in the spec. */
export interface HostInputs {
  /** v1: the hierarchies that the container gets a cgroup in, by directory name. */
  readonly cgroup: CgroupInputs;
  /** What stands at a bind's source, by the mount's destination. */
  readonly bindKinds: ReadonlyMap<string, "file" | "directory">;
  /** What init asks of rtnetlink in a network namespace of the container's own. */
  readonly network: readonly NetlinkRequest[];
  /** What this daemon holds: nothing more can be given where the host's user namespace is used. */
  readonly heldCapabilities: bigint;
  readonly seccomp?: SeccompProgram;
}

export type CgroupInputs =
  | { readonly version: "1"; readonly hierarchies: readonly string[] }
  | { readonly version: "2" };

/** What a container's plan follows from. */
export interface ContainerPlanInputs {
  readonly spec: Spec;
  readonly stdio: Stdio;
  readonly reaper: boolean;
  readonly host: HostInputs;
}

/** What the plan of a further program in a container follows from. */
export interface ExecPlanInputs {
  readonly process: Process;
  readonly stdio: Stdio;
  /** Whether the container has a user namespace of its own. */
  readonly ownUserNamespace: boolean;
  /** The other namespaces that the container does not share with the host. */
  readonly namespaces: readonly NamespaceType[];
  readonly host: Pick<HostInputs, "cgroup" | "heldCapabilities" | "seccomp">;
}

/** Whether a spec asks for a user namespace other than the host's. */
export function hasOwnUserNamespace(spec: Spec): boolean {
  return (spec.linux?.namespaces ?? []).some(({ type }) => type === "user");
}
