import { compileSeccomp, type SeccompProgram } from "./seccomp.ts";
import type { SeccompFilter } from "./seccomp-model.ts";

const MAX_PROGRAMS = 64;

const byFilter = new WeakMap<SeccompFilter, SeccompProgram>();

const byDigest = new Map<string, SeccompProgram>();

/** The program of a filter for this machine, compiled once for as long as it is in use. */
export function seccompProgram(filter: SeccompFilter): SeccompProgram {
  const known = byFilter.get(filter);
  if (known !== undefined) return known;
  const digest = digestOf(filter);
  const program = byDigest.get(digest) ?? compileSeccomp(filter);
  byFilter.set(filter, program);
  // Put in anew it is the youngest; the first in a map is the oldest.
  byDigest.delete(digest);
  byDigest.set(digest, program);
  const oldest = byDigest.keys().next().value;
  if (byDigest.size > MAX_PROGRAMS && oldest !== undefined) byDigest.delete(oldest);
  return program;
}

/** Equal filters have equal digests, whichever request they came with. */
function digestOf(filter: SeccompFilter): string {
  const text = JSON.stringify(filter, (_key, value: unknown) => {
    return typeof value === "bigint" ? `${value}n` : value;
  });
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}
