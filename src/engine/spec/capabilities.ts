import { EngineError } from "../../base/errors.ts";
import { CAPABILITIES } from "../../linux/capability.ts";
import type { Capabilities } from "../../oci/runtime-spec.ts";

/** What a container may do unless it is told otherwise: Docker's fourteen. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

const KNOWN: ReadonlySet<string> = new Set(CAPABILITIES);
const ALL = "ALL";

/** What the user asked for, as typed. */
export interface CapabilityRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
}

/** The capabilities that a request comes to; an unknown name is refused with Docker's text. */
export function chooseCapabilities({
  add,
  drop,
  privileged,
}: CapabilityRequest): readonly string[] {
  const added = parseNames(add, "CapAdd");
  const dropped = new Set(parseNames(drop, "CapDrop"));
  if (privileged) return CAPABILITIES;
  if (added.includes(ALL)) return CAPABILITIES.filter((name) => !dropped.has(name));
  // Dropping all leaves what is added, also where the same name is dropped as well.
  if (dropped.has(ALL)) return [...new Set(added)];
  const kept = DEFAULT_CAPABILITIES.filter((name) => !dropped.has(name));
  return [...new Set([...kept, ...added])];
}

/**
 * The sets of a process. Another user than root gets the bounding set only, because exec() would
 * clear the others anyway; nothing is inheritable, so that a program's own file capabilities are
 * all it can gain.
 */
export function capabilitySets(names: readonly string[], uid: number): Capabilities {
  return uid === 0 ? { bounding: names, effective: names, permitted: names } : { bounding: names };
}

function parseNames(names: readonly string[], field: string): readonly string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === ALL) return ALL;
    const full = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (KNOWN.has(full)) return full;
    throw new EngineError("invalid", `invalid ${field}: unknown capability: "${full}"`);
  });
}
