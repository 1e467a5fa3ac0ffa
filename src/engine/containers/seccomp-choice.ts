import type { Seccomp } from "../../oci/runtime-spec.ts";
import { defaultSeccompProfile, resolveSeccompProfile } from "../../runtime/seccomp-profile.ts";
import { parseSeccompProfile, type SeccompProfile } from "../../runtime/seccomp-profile-parse.ts";
import type { HostFacts } from "../host-facts.ts";
import type { HostOptions } from "../model.ts";

const KEPT = 16;

/** Profiles that were given as text. A parsed one is what the runtime finds its compiled filter by. */
const parsed = new Map<string, SeccompProfile>();

/** The filter for a container's system calls; undefined where none is refused. */
export function chooseSeccomp(
  { privileged, security }: HostOptions,
  capabilities: readonly string[],
  facts: HostFacts,
): Seccomp | undefined {
  const { seccomp } = security;
  // A privileged container is filtered only if a profile is given in as many words.
  if (seccomp === "unconfined" || (privileged && seccomp === "default")) return undefined;
  const profile = seccomp === "default" ? defaultSeccompProfile() : parseOnce(seccomp.profile);
  const architecture = process.arch;
  return resolveSeccompProfile(profile, { capabilities, architecture, kernel: facts.kernel });
}

function parseOnce(text: string): SeccompProfile {
  const profile = parsed.get(text) ?? parseSeccompProfile(text);
  parsed.set(text, profile);
  const [oldest] = parsed.keys();
  if (oldest !== undefined && parsed.size > KEPT) parsed.delete(oldest);
  return profile;
}
