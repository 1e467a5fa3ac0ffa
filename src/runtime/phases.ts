// What the daemon does on the host around init's steps, told of one request.

import { planLimitsV1, planLimitsV2 } from "../linux/cgroup-limits.ts";
import { deviceRuleLines } from "../linux/device-rule.ts";
import type { Spec } from "../oci/runtime-spec.ts";
import type { StartRequest } from "./model.ts";
import { isPassedMount } from "./plan-mounts.ts";

/** The phases of a start, in their order. */
export const PHASES = [
  "cgroup",
  "clone",
  "ids",
  "root",
  "mounts",
  "network",
  "limits",
  "plan",
  "steps",
] as const;

/** The name of a phase. */
export type Phase = (typeof PHASES)[number];

const SHOWN_DEVICES = 8;

/** What each phase does for a request, in one line. */
export function describePhases(
  { spec, root }: Pick<StartRequest, "spec" | "root">,
  cgroupVersion: "1" | "2",
): Readonly<Record<Phase, string>> {
  return {
    cgroup: describeCgroup(spec, cgroupVersion),
    clone: `start the monitor, which clones init into ${describeNamespaces(spec)}; init waits on the sync pipe`,
    ids: describeIds(spec),
    root: describeRoot(root),
    mounts: describeMounts(spec),
    network: describeNetwork(spec),
    limits: describeLimits(spec),
    plan: "make the plan and send it through the sync pipe, with the descriptors it names",
    steps: "init does the steps and becomes the program",
  };
}

function describeCgroup({ linux = {} }: Spec, version: "1" | "2"): string {
  const { cgroupsPath = "/", resources = {} } = linux;
  const writes = version === "1" ? planLimitsV1(resources) : planLimitsV2(resources);
  const limits = writes.map(({ file, text }) => `${file}=${text}`);
  const rules = (resources.devices ?? []).flatMap(deviceRuleLines).length;
  return [
    `make the cgroup ${cgroupsPath}`,
    ...(limits.length === 0 ? [] : [`with ${limits.join(", ")}`]),
    `and ${rules} device rules`,
  ].join(" ");
}

function describeNamespaces({ linux = {} }: Spec): string {
  const namespaces = linux.namespaces ?? [];
  const names = (joined: boolean) =>
    namespaces
      .filter(({ path, type }) => (path !== undefined) === joined && type !== "cgroup")
      .map(({ type }) => type)
      .join(", ");
  const [made, joined] = [names(false), names(true)];
  return `new namespaces (${made})${joined === "" ? "" : `, beside those it joins (${joined})`}`;
}

function describeIds({ linux = {} }: Spec): string {
  const maps = (linux.uidMappings ?? []).map(({ containerID, hostID, size }) => {
    return `ids ${containerID} to ${containerID + size - 1} are the host's from ${hostID} on`;
  });
  if (maps.length === 0) return "none to map: the user namespace is the host's";
  return `write the user namespace's id maps: ${maps.join(", ")}`;
}

function describeRoot({ lowers, volatile }: StartRequest["root"]): string {
  if (lowers.length === 0) return "mount the directory that has a copy of the image";
  const layers = `${lowers.length} ${lowers.length === 1 ? "layer" : "layers"}`;
  const note = volatile ? ", not synced at its end because of --rm" : "";
  return `mount an overlay of ${layers} and a writable directory${note}`;
}

/** A privileged container has some hundred devices: the first few tell what is meant. */
function describeMounts({ mounts = [], linux = {} }: Spec): string {
  const made = mounts.filter(isPassedMount).map(({ destination }) => destination);
  const text = `make the mounts that init attaches: ${made.join(", ")}`;
  const devices = (linux.devices ?? []).map(
    ({ path, type, major = 0, minor = 0 }) => `${path} (${type} ${major}:${minor})`,
  );
  if (devices.length === 0) return text;
  const more = devices.length - SHOWN_DEVICES;
  const rest = more > 0 ? ` and ${more} more` : "";
  return `${text}; with the devices ${devices.slice(0, SHOWN_DEVICES).join(", ")}${rest}`;
}

function describeNetwork({ linux = {} }: Spec): string {
  const network = (linux.namespaces ?? []).find(({ type }) => type === "network");
  if (network === undefined) return "nothing: the network namespace is the host's";
  if (network.path !== undefined) return "nothing: the network namespace is another container's";
  return "make what the container's network asks for, in its network namespace";
}

function describeLimits({ process }: Spec): string {
  const limits = (process?.rlimits ?? []).map(({ type, soft, hard }) => `${type}=${soft}:${hard}`);
  const score = process?.oomScoreAdj;
  const all = [...limits, ...(score === undefined ? [] : [`oom_score_adj=${score}`])];
  return all.length === 0 ? "no resource limits are asked for" : `set ${all.join(", ")}`;
}
