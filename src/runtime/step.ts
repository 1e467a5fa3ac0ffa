/** A descriptor that the daemon passes on; the plan only names it. */
export interface Passed {
  /** Unique in a plan, such as `root` or `bind /data`. */
  readonly passed: string;
}

/** What an operation works on. Texts must not hold NUL. */
export type Argument = string | number | bigint | Uint8Array | Passed;

/** The operations that init knows. The table that must match is in init/plan.c. */
export type Operation =
  | "root"
  | "mkdir"
  | "file"
  | "attach"
  | "mount"
  | "make"
  | "put"
  | "readonly"
  | "mask"
  | "mount-readonly"
  | "setns"
  | "unshare"
  | "write"
  | "hostname"
  | "domainname"
  | "sysctl"
  | "netlink"
  | "keyring"
  | "become-root"
  | "bounding"
  | "user"
  | "capabilities"
  | "no-new-privileges"
  | "seccomp"
  | "umask"
  | "cwd"
  | "null-stdin"
  | "terminal"
  | "environment"
  | "exec"
  | "exec-under-reaper";

/** One thing for init to do, what that is in words, and what asked for it. */
export interface Step {
  readonly op: Operation;
  readonly args: readonly Argument[];
  readonly what: string;
  readonly why: string;
}

/** Names a descriptor in a step. */
export function passed(name: string): Passed {
  return { passed: name };
}
