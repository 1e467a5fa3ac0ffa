import type { Capability } from "./capability.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";
import type { Limits } from "./host-facts-limits.ts";
import type { SystemFacts } from "./host-facts-system.ts";

/** All that is known of the host. */
export interface HostFacts extends SystemFacts {
  readonly cgroups: CgroupLayout;
  readonly cgroupVersion: "1" | "2";
  readonly limits: Limits;
  /** Those of cpu, memory, pids, cpuset and io that no cgroup can use. */
  readonly missingControllers: readonly string[];
  /** What this process may hand on: the most that a container in the host's user namespace can have. */
  readonly capabilities: readonly Capability[];
  readonly missingCapabilities: readonly Capability[];
  /** 0: there are none, and every container has the host's. */
  readonly maxUserNamespaces: number;
  readonly hasTimeNamespaces: boolean;
  /** A container with a user namespace of its own may mount them. */
  readonly mountsProc: boolean;
  readonly mountsSysfs: boolean;
  /** Else the layers of an image are mounted one by one for a moment before they become one. */
  readonly overlayTakesDescriptors: boolean;
  readonly seccompActions: readonly string[];
  /** Those that are in force, such as `apparmor`; none of them is used. */
  readonly securityModules: readonly string[];
  /** What the kernel is built without, of what networks need; empty where it does not tell. */
  readonly missingNetworkParts: readonly string[];
  readonly ipForwarding: boolean;
  /** As Docker's `info` has them, such as `name=seccomp,profile=builtin`. */
  readonly securityOptions: readonly string[];
  /** What is missing and what follows, one sentence each. */
  readonly warnings: readonly string[];
}
