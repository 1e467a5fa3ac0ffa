import type { LimitName } from "./host-facts-limits.ts";
import type { HostFacts } from "./host-facts-model.ts";

type Known = Omit<HostFacts, "warnings">;

/** A thing that may be missing: whether it is, and what to say then. */
type Warning = readonly [isMissing: (facts: Known) => boolean, text: (facts: Known) => string];

const WARNINGS: readonly Warning[] = [
  [
    ({ missingCapabilities }) => missingCapabilities.length > 0,
    ({ missingCapabilities: missing }) =>
      `The daemon does not hold ${missing.join(", ")}, so privileged containers go without ${missing.length > 1 ? "them" : "it"}.`,
  ],
  [
    ({ missingCapabilities }) => missingCapabilities.includes("CAP_SYS_RESOURCE"),
    () => "Without CAP_SYS_RESOURCE, --ulimit cannot go above the daemon's own hard limits.",
  ],
  [
    (facts) => facts.maxUserNamespaces === 0,
    () => "The kernel allows no user namespaces, so root in a container is root on the host.",
  ],
  [
    (facts) => facts.maxUserNamespaces > 0 && !(facts.mountsProc && facts.mountsSysfs),
    ({ mountsProc }) =>
      `A part of the host's ${mountsProc ? "/sys" : "/proc"} is covered, so containers with a user namespace of their own cannot mount it.`,
  ],
  [
    ({ seccompActions }) => !seccompActions.includes("errno"),
    () => "The kernel has no seccomp filters, so containers may make every system call.",
  ],
  [
    ({ missingControllers }) => missingControllers.length > 0,
    ({ missingControllers: missing }) =>
      `No cgroup can use the controllers ${missing.join(", ")}, so their limits are not held.`,
  ],
  [
    ({ missingNetworkParts }) => missingNetworkParts.length > 0,
    ({ missingNetworkParts: missing }) =>
      `The kernel is built without ${missing.join(", ")}, so --network bridge does not work.`,
  ],
];

// Of the limits only those that users set often and that the kernel could be made to hold.
const LIMIT_WARNINGS: Readonly<Partial<Record<LimitName, string>>> = {
  swap: "The kernel does not count swap, so --memory-swap has no effect.",
  cpuQuota: "The kernel has no CPU quotas, so --cpus has no effect.",
  blkioWeight: "The kernel has no block I/O weights for cgroups, so --blkio-weight has no effect.",
  blkioThrottle:
    "The kernel cannot throttle block I/O, so --device-read-bps and the like have no effect.",
};

const CONTROLLER: Readonly<Partial<Record<LimitName, string>>> = {
  swap: "memory",
  cpuQuota: "cpu",
  blkioWeight: "io",
  blkioThrottle: "io",
};

/** What the host lacks and what follows from it, one sentence each. */
export function hostWarnings(facts: Known): readonly string[] {
  const missing = Object.entries(LIMIT_WARNINGS).filter(
    ([name]) =>
      !facts.limits[name as LimitName] &&
      !facts.missingControllers.includes(CONTROLLER[name as LimitName] ?? ""),
  );
  return [
    ...WARNINGS.filter(([isMissing]) => isMissing(facts)).map(([, text]) => text(facts)),
    ...missing.map(([, text]) => text),
  ];
}
