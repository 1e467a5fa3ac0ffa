import { EngineError } from "../../base/errors.ts";
import type { IdMapping, Namespace, NamespaceType } from "../../oci/runtime-spec.ts";
import type { HostOptions } from "../model.ts";

/** A container's ids on the host: its root is `hostId`, and so on for `size` ids. */
export interface IdRange {
  readonly hostId: number;
  readonly size: number;
}

/** Where a container's ids come from. */
export type UserNamespace = IdRange | "host";

/** Another container whose namespaces are to be shared. */
export interface Donor {
  readonly name: string;
  readonly userNamespace: UserNamespace;
}

/** What decides about the user namespace beside the options. */
export interface UserNamespaceInputs {
  readonly donors: readonly Donor[];
  /** What cannot be done in a user namespace of one's own, such as a bind that takes no id mapping. */
  readonly obstacles: readonly string[];
}

/** `own`: one is to be made, with a fresh range. */
export type UserNamespaceChoice =
  | { readonly kind: "own" }
  | { readonly kind: "host"; readonly warnings: readonly string[] }
  | { readonly kind: "joined"; readonly range: IdRange };

/** Chooses the user namespace: one of its own wherever nothing that was asked for stands against it. */
export function chooseUserNamespace(
  host: HostOptions,
  { donors, obstacles }: UserNamespaceInputs,
): UserNamespaceChoice {
  const needs = hostNeeds(host);
  const donor = sharedDonor(donors);
  if (donor !== undefined) return join(host, donor, [...needs, ...obstacles]);
  if (host.user === "host" || (host.user === "auto" && needs.length > 0)) {
    return { kind: "host", warnings: [] };
  }
  const [reason] = [...needs, ...obstacles];
  if (reason === undefined) return { kind: "own" };
  if (host.user === "private") throw refusal("private", reason);
  const warnings = obstacles.map((obstacle) => `Runs in the host's user namespace: ${obstacle}`);
  return { kind: "host", warnings };
}

function join(host: HostOptions, donor: Donor, reasons: readonly string[]): UserNamespaceChoice {
  const { name, userNamespace } = donor;
  if (userNamespace === "host") {
    if (host.user === "private") throw refusal("private", `container "${name}" has the host's`);
    return { kind: "host", warnings: [] };
  }
  if (host.user === "host") throw refusal("host", `container "${name}" has one of its own`);
  const [reason] = reasons;
  if (reason === undefined) return { kind: "joined", range: userNamespace };
  const message = `Cannot share namespaces with container "${name}", which has its own user namespace`;
  throw new EngineError("invalid", `${message}: ${reason}`);
}

/** All donors must agree: a process has one user namespace. */
function sharedDonor(donors: readonly Donor[]): Donor | undefined {
  const [first, ...others] = donors;
  const other = others.find((donor) => hostIdOf(donor) !== hostIdOf(first));
  if (first === undefined || other === undefined) return first;
  throw new EngineError(
    "invalid",
    `Cannot share namespaces with both "${first.name}" and "${other.name}": ` +
      "they have different user namespaces",
  );
}

function hostIdOf(donor: Donor | undefined): number | undefined {
  return donor === undefined || donor.userNamespace === "host"
    ? undefined
    : donor.userNamespace.hostId;
}

function hostNeeds(host: HostOptions): readonly string[] {
  return [
    ...(host.privileged ? ["--privileged needs the host's"] : []),
    ...(["network", "pid", "ipc"] as const)
      .filter((name) => host[name].kind === "host")
      .map((name) => `the host's ${name} namespace belongs to the host's`),
    ...(host.uts === "host" ? ["the host's uts namespace belongs to the host's"] : []),
  ];
}

function refusal(mode: string, reason: string): EngineError {
  return new EngineError("invalid", `Cannot use the user namespace mode "${mode}": ${reason}`);
}

/** Process ids of the containers whose namespaces are joined. */
export interface Joined {
  readonly network?: number;
  readonly pid?: number;
  readonly ipc?: number;
  readonly user?: number;
}

/** What the list of namespaces follows from. */
export interface NamespaceInputs {
  readonly host: HostOptions;
  readonly userNamespace: UserNamespace;
  readonly joined: Joined;
  readonly cgroupVersion: "1" | "2";
}

/** The namespaces that are made or joined; those of the host are not in the list. */
export function planNamespaces(inputs: NamespaceInputs): readonly Namespace[] {
  const { host, joined } = inputs;
  return [
    ...(inputs.userNamespace === "host" ? [] : [namespace("user", joined.user)]),
    namespace("mount"),
    ...(host.network.kind === "host" ? [] : [namespace("network", joined.network)]),
    ...(host.pid.kind === "host" ? [] : [namespace("pid", joined.pid)]),
    ...(host.ipc.kind === "host" ? [] : [namespace("ipc", joined.ipc)]),
    ...(host.uts === "host" ? [] : [namespace("uts")]),
    ...(isCgroupPrivate(inputs) ? [namespace("cgroup")] : []),
  ];
}

/** The id mappings of a user namespace; none in the host's. */
export function planMappings(userNamespace: UserNamespace): readonly IdMapping[] {
  if (userNamespace === "host") return [];
  return [{ containerID: 0, hostID: userNamespace.hostId, size: userNamespace.size }];
}

/** As Docker: private where cgroup v2 makes that useful, and the host's on v1 and with --privileged. */
function isCgroupPrivate({ host, cgroupVersion }: NamespaceInputs): boolean {
  if (host.cgroup !== undefined) return host.cgroup === "private";
  return cgroupVersion === "2" && !host.privileged;
}

const FILE: Readonly<Record<NamespaceType, string>> = {
  cgroup: "cgroup",
  ipc: "ipc",
  mount: "mnt",
  network: "net",
  pid: "pid",
  time: "time",
  user: "user",
  uts: "uts",
};

function namespace(type: NamespaceType, pid?: number): Namespace {
  return pid === undefined ? { type } : { type, path: `/proc/${pid}/ns/${FILE[type]}` };
}
