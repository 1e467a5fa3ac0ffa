import { encodeCapabilities, isCapability } from "../linux/capability.ts";
import type { Process } from "../oci/runtime-spec.ts";
import type { HostInputs } from "./plan-inputs.ts";
import type { Step } from "./step.ts";

/** What limits what a program may be. */
export interface IdentityInputs extends Pick<HostInputs, "heldCapabilities" | "seccomp"> {
  readonly ownUserNamespace: boolean;
}

/**
 * Who the program is and what it may do. A filter without no-new-privileges needs CAP_SYS_ADMIN and
 * so goes before the capabilities; with it, last, so that it need not allow what comes before.
 */
export function planIdentity(process: Process, inputs: IdentityInputs): readonly Step[] {
  const last = process.noNewPrivileges === true;
  return [
    planBounding(process, inputs),
    ...(last ? [] : planSeccomp(inputs)),
    planUser(process),
    planCapabilities(process, inputs),
    ...planUmask(process),
    ...(last ? [planNoNewPrivileges(), ...planSeccomp(inputs)] : []),
  ];
}

function planBounding({ capabilities }: Process, inputs: IdentityInputs): Step {
  const mask = maskOf(capabilities?.bounding, inputs);
  return {
    op: "bounding",
    args: [mask],
    what: `let no program in it have more than ${countBits(mask)} capabilities`,
    why: "default; --cap-add, --cap-drop, --privileged",
  };
}

function planUser({ user }: Process): Step {
  const groups = user.additionalGids ?? [];
  return {
    op: "user",
    args: [user.uid, user.gid, ...groups],
    what: `become user ${user.uid}, group ${[user.gid, ...groups].join(", ")}`,
    why: "--user or the image's USER",
  };
}

function planCapabilities({ capabilities = {} }: Process, inputs: IdentityInputs): Step {
  const { effective, permitted, inheritable, ambient } = capabilities;
  const masks = [effective, permitted, inheritable, ambient].map((set) => maskOf(set, inputs));
  return {
    op: "capabilities",
    args: masks,
    what: `hold ${(effective ?? []).length === 0 ? "no capabilities" : shortNames(effective ?? [])}`,
    why: "default; --cap-add, --cap-drop, --privileged",
  };
}

function shortNames(names: readonly string[]): string {
  return names.map((name) => name.replace(/^CAP_/, "")).join(" ");
}

/** In a user namespace of its own the container's root has them all; on the host, what the daemon has. */
function maskOf(names: readonly string[] | undefined, inputs: IdentityInputs): bigint {
  const mask = encodeCapabilities((names ?? []).filter(isCapability));
  return inputs.ownUserNamespace ? mask : mask & inputs.heldCapabilities;
}

function countBits(mask: bigint): number {
  return mask.toString(2).replaceAll("0", "").length;
}

function planUmask({ user }: Process): readonly Step[] {
  const mask = user.umask ?? 0o022;
  const what = `set the umask to ${mask.toString(8).padStart(4, "0")}`;
  return [{ op: "umask", args: [mask], what, why: "default" }];
}

function planNoNewPrivileges(): Step {
  return {
    op: "no-new-privileges",
    args: [],
    what: "let no program gain privileges, as by a set-user-id bit",
    why: "--security-opt no-new-privileges",
  };
}

function planSeccomp({ seccomp }: IdentityInputs): readonly Step[] {
  if (seccomp === undefined) return [];
  const { flags, instructions } = seccomp;
  return [
    {
      op: "seccomp",
      args: [flags, instructions],
      what: `filter system calls (${instructions.byteLength / 8} instructions)`,
      why: "default profile; --security-opt seccomp",
    },
  ];
}
