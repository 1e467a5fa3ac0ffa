import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Seccomp } from "../oci/runtime-spec.ts";
import {
  type KernelVersion,
  type ProfileRule,
  parseKernelVersion,
  parseSeccompProfile,
  type RuleFilter,
  type SeccompProfile,
} from "./seccomp-profile-parse.ts";

/** What the rules of a profile may depend on. */
export interface ProfileContext {
  /** The container's bounding set. */
  readonly capabilities: readonly string[];
  /** As Node names it: `x64` or `arm64`. */
  readonly architecture: string;
  /** The kernel's release, such as `6.1.0-13-amd64`. */
  readonly kernel: string;
}

/** How the formats name the architectures that Node names. */
const ARCHITECTURES: Readonly<Record<string, { docker: string; seccomp: string }>> = {
  x64: { docker: "amd64", seccomp: "SCMP_ARCH_X86_64" },
  arm64: { docker: "arm64", seccomp: "SCMP_ARCH_AARCH64" },
};

const DEFAULT_PROFILE = join(import.meta.dir, "profiles/seccomp-default.json");

let parsedDefault: SeccompProfile | undefined;

const resolved = new WeakMap<SeccompProfile, Map<string, Seccomp>>();

/** Docker's default profile: about 60 of the kernel's 450 calls are refused. */
export function defaultSeccompProfile(): SeccompProfile {
  parsedDefault ??= parseSeccompProfile(readFileSync(DEFAULT_PROFILE, "utf8"));
  return parsedDefault;
}

/** The filter that a profile means for one container on one host. Equal contexts share one object. */
export function resolveSeccompProfile(profile: SeccompProfile, context: ProfileContext): Seccomp {
  const known = resolved.get(profile) ?? new Map<string, Seccomp>();
  resolved.set(profile, known);
  const key = JSON.stringify([
    [...context.capabilities].sort(),
    context.architecture,
    context.kernel,
  ]);
  const seccomp = known.get(key) ?? resolve(profile, context);
  known.set(key, seccomp);
  return seccomp;
}

function resolve(profile: SeccompProfile, context: ProfileContext): Seccomp {
  const { defaultAction, defaultErrnoRet, flags, rules } = profile;
  return {
    defaultAction,
    ...(defaultErrnoRet === undefined ? {} : { defaultErrnoRet }),
    architectures: findArchitectures(profile, context),
    flags,
    syscalls: rules.filter((rule) => applies(rule, context)).map(({ rule }) => rule),
  };
}

function findArchitectures(profile: SeccompProfile, { architecture }: ProfileContext) {
  if (profile.archMap.length === 0) return profile.architectures;
  const native = ARCHITECTURES[architecture]?.seccomp;
  const group = profile.archMap.find((candidate) => candidate.architecture === native);
  return group === undefined ? [] : [group.architecture, ...group.subArchitectures];
}

/** All that it includes must be there, and nothing that it excludes. */
function applies({ includes, excludes }: ProfileRule, context: ProfileContext): boolean {
  const included = answers(includes, context);
  const { capabilities } = context;
  return (
    included.every((answer) => answer) &&
    includes.capabilities.every((name) => capabilities.includes(name)) &&
    !answers(excludes, context).some((answer) => answer) &&
    !excludes.capabilities.some((name) => capabilities.includes(name))
  );
}

function answers(filter: RuleFilter, { architecture, kernel }: ProfileContext): readonly boolean[] {
  const docker = ARCHITECTURES[architecture]?.docker ?? architecture;
  return [
    ...(filter.architectures.length === 0 ? [] : [filter.architectures.includes(docker)]),
    ...(filter.minKernel === undefined ? [] : [isAtLeast(kernel, filter.minKernel)]),
  ];
}

function isAtLeast(release: string, wanted: KernelVersion): boolean {
  const version = parseKernelVersion(release) ?? { major: 0, minor: 0 };
  if (version.major !== wanted.major) return version.major > wanted.major;
  return version.minor >= wanted.minor;
}
