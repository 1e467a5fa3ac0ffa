import { readFileSync } from "node:fs";

/** Every capability, in the order of its bit. capabilities(7) */
export const CAPABILITIES = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
] as const;

/** The name of a capability, such as `CAP_CHOWN`. */
export type Capability = (typeof CAPABILITIES)[number];

/** The sets of a process, as the kernel shows them. */
export interface HeldCapabilities {
  readonly permitted: readonly Capability[];
  readonly effective: readonly Capability[];
  /** Nothing outside of it can be had by this process or any that it starts. */
  readonly bounding: readonly Capability[];
}

const BIT: ReadonlyMap<string, bigint> = new Map(
  CAPABILITIES.map((name, index) => [name, 1n << BigInt(index)]),
);

/** Whether this is the name of a capability, in full and in capitals. */
export function isCapability(name: string): name is Capability {
  return BIT.has(name);
}

/** The 64-bit mask of a set, for capset(2) and for the bounding and ambient sets. */
export function encodeCapabilities(names: Iterable<Capability>): bigint {
  let mask = 0n;
  for (const name of names) mask |= BIT.get(name) ?? 0n;
  return mask;
}

/** The names in a mask. Bits of capabilities that are newer than this list are left out. */
export function decodeCapabilities(mask: bigint): readonly Capability[] {
  return CAPABILITIES.filter((_, index) => ((mask >> BigInt(index)) & 1n) === 1n);
}

/** The sets of this process: what it can hand to a container is in `permitted` and `bounding`. */
export function heldCapabilities(): HeldCapabilities {
  return parseCapabilities(readFileSync("/proc/self/status", "utf8"));
}

/** Reads the sets out of a `/proc/<pid>/status`. A set that is not shown is empty. */
export function parseCapabilities(status: string): HeldCapabilities {
  const set = (field: string) => {
    const hex = new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0";
    return decodeCapabilities(BigInt(`0x${hex}`));
  };
  return { permitted: set("CapPrm"), effective: set("CapEff"), bounding: set("CapBnd") };
}
