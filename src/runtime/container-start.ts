// The start of a container: its cgroup, its namespaces, and all that init is handed.

import { type Cgroup, createCgroup, limitCgroup } from "../linux/cgroup.ts";
import { readMemoryEnd } from "../linux/cgroup-usage.ts";
import type { Descriptor } from "../linux/fd.ts";
import { CLONE_FLAG, openNamespace } from "../linux/namespace.ts";
import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { openPidfd } from "../linux/pidfd.ts";
import type { Spec } from "../oci/runtime-spec.ts";
import { bindKind, expectedBindKind, kindOfMade } from "./bind-mount.ts";
import { cleanUp } from "./cleanup.ts";
import { type Host, planInputsOf } from "./host.ts";
import {
  makeBinds,
  makeCgroupViews,
  makeDeviceMount,
  PassedDescriptors,
  passNamespaces,
  setProcessLimits,
  writeIdMaps,
} from "./host-work.ts";
import { launch } from "./launch.ts";
import type { IdView } from "./layer-trees.ts";
import type { StartHooks, StartRequest } from "./model.ts";
import { describePhases } from "./phases.ts";
import { planContainer } from "./plan.ts";
import { type ContainerPlanInputs, hasOwnUserNamespace } from "./plan-inputs.ts";
import { isBind, mountName } from "./plan-mounts.ts";
import type { RunningProgram } from "./running.ts";
import type { Step } from "./step.ts";
import { type StartRecord, Stopwatch } from "./trace.ts";

/** What a start needs beside the request. */
export interface StartContext {
  readonly host: Host;
  readonly hooks: StartHooks;
  record(record: StartRecord): void;
}

/** Starts a container. On failure, what was made is gone again. */
export async function startContainer(
  request: StartRequest,
  { host, hooks, record }: StartContext,
): Promise<RunningProgram> {
  const stopwatch = new Stopwatch();
  await using undo = new AsyncDisposableStack();
  using passed = new PassedDescriptors();
  const { spec, id } = request;
  const cgroupPath = requireCgroupPath(spec);
  const runPrefix = host.runFiles.create(id, cgroupPath);
  undo.defer(() => cleanUp(host, id));
  // On v2 init is cloned into it; on v1 there is time for it until init asks to move.
  const early = host.cgroups.version === "2" ? makeCgroup(host, spec) : undefined;
  stopwatch.lap("cgroup");
  using join = findJoin(spec);
  const running = await launch({
    id,
    stdio: request.stdio,
    stopwatch,
    passed,
    hooks,
    record: (known) => record({ ...known, phases: describePhases(request, host.cgroups.version) }),
    monitor: {
      program: host.program,
      runPrefix,
      keepsRecord: true,
      cloneFlags: cloneFlags(spec),
      ...(join === undefined ? {} : { join }),
      ...(early === undefined ? {} : { cgroupDirectory: early.directories[0] ?? "" }),
    },
    prepare: (init) => prepare({ request, host, hooks, passed, stopwatch }, init),
    rootOf: () => passed.get("root"),
    readMemoryEnd: () => readMemoryEnd(host.cgroups, cgroupPath),
  });
  undo.move();
  return running;
}

function requireCgroupPath({ linux }: Spec): string {
  if (linux?.cgroupsPath !== undefined) return linux.cgroupsPath;
  throw new TypeError("A spec without a cgroupsPath cannot be started");
}

function makeCgroup(host: Host, spec: Spec): Cgroup {
  const cgroup = createCgroup(host.cgroups, requireCgroupPath(spec));
  limitCgroup(host.cgroups, cgroup, spec.linux?.resources ?? {});
  return cgroup;
}

/** The cgroup namespace is made by init, when it is in its cgroup. */
function cloneFlags(spec: Spec): number {
  return (spec.linux?.namespaces ?? []).reduce((flags, { type, path }) => {
    return path === undefined && type !== "cgroup" ? flags | CLONE_FLAG[type] : flags;
  }, 0);
}

interface Join extends Disposable {
  readonly pidfd: Descriptor;
  readonly flags: number;
}

const NAMESPACE_PATH = /^\/proc\/(\d+)\/ns\//;

/**
 * What must be joined before init is cloned: a pid namespace takes only children in, and new
 * namespaces belong to the user namespace that their maker is in. All donors share one.
 */
function findJoin(spec: Spec): Join | undefined {
  const joined = (spec.linux?.namespaces ?? []).filter(
    ({ type, path }) => path !== undefined && (type === "user" || type === "pid"),
  );
  const donor = joined.find(({ type }) => type === "pid") ?? joined[0];
  if (donor === undefined) return undefined;
  const pid = Number(NAMESPACE_PATH.exec(donor.path ?? "")?.[1]);
  const pidfd = openPidfd(pid);
  const flags = joined.reduce((all, { type }) => all | CLONE_FLAG[type], 0);
  return { pidfd, flags, [Symbol.dispose]: () => pidfd[Symbol.dispose]() };
}

interface Preparation {
  readonly request: StartRequest;
  readonly host: Host;
  readonly hooks: StartHooks;
  readonly passed: PassedDescriptors;
  readonly stopwatch: Stopwatch;
}

async function prepare(preparation: Preparation, init: Promise<number>): Promise<readonly Step[]> {
  const { request, host, hooks, passed, stopwatch } = preparation;
  const { spec } = request;
  prepareEarly(preparation);
  const pid = await init;

  const own = hasOwnUserNamespace(spec);
  if (own && !isJoined(spec, "user")) writeIdMaps(pid, spec);
  stopwatch.lap("ids");

  using userNamespace = own ? openNamespace(pid, "user") : undefined;
  const view = viewOf(spec, userNamespace);
  passed.set("root", host.mounter.mount(request.root, view));
  stopwatch.lap("root");

  makeBinds(spec, view, { tools: host, into: passed });
  stopwatch.lap("mounts");

  const network = await connectNetwork(spec, pid, hooks);
  stopwatch.lap("network");

  if (spec.process !== undefined) setProcessLimits(pid, spec.process);
  stopwatch.lap("limits");
  return planContainer(planInputs(request, host, { network, passed }));
}

/** What needs none of the container's namespaces. */
function prepareEarly({ request: { spec }, host, passed, stopwatch }: Preparation): void {
  if (host.cgroups.version === "1") makeCgroup(host, spec);
  stopwatch.lap("cgroup");
  makeDeviceMount(spec, passed);
  makeCgroupViews(host.cgroups, spec, passed);
  passNamespaces(spec, passed);
  stopwatch.lap("mounts");
}

function viewOf({ linux }: Spec, namespace: Descriptor | undefined): IdView | undefined {
  return namespace && { namespace, mappings: linux?.uidMappings ?? [] };
}

function isJoined(spec: Spec, wanted: "user" | "network"): boolean {
  const namespaces = spec.linux?.namespaces ?? [];
  return namespaces.some(({ type, path }) => type === wanted && path !== undefined);
}

async function connectNetwork(
  spec: Spec,
  pid: number,
  { connectNetwork: connect }: StartHooks,
): Promise<readonly NetlinkRequest[]> {
  const own = (spec.linux?.namespaces ?? []).some(
    ({ type, path }) => type === "network" && path === undefined,
  );
  if (!own || connect === undefined) return [];
  using namespace = openNamespace(pid, "network");
  return await connect({ pid, fd: namespace.number });
}

/** All that a container's plan follows from, on this host. */
function planInputs(
  request: StartRequest,
  host: Host,
  { network, passed }: Pick<Looks, "network"> & { readonly passed: PassedDescriptors },
): ContainerPlanInputs {
  const kindOf: Looks["kindOf"] = (mount) =>
    mount.layers === undefined ? bindKind(mount) : kindOfMade(passed.get(mountName(mount)));
  return inputsOf(request, host, { network, kindOf });
}

/** The same for a start that is only told of: what will be bound need not be there yet. */
export function expectedInputs(request: StartRequest, host: Host): ContainerPlanInputs {
  return inputsOf(request, host, { network: [], kindOf: expectedBindKind });
}

interface Looks {
  readonly network: readonly NetlinkRequest[];
  readonly kindOf: typeof bindKind;
}

function inputsOf(
  { spec, stdio, init = false }: StartRequest,
  host: Host,
  { network, kindOf }: Looks,
): ContainerPlanInputs {
  const binds = (spec.mounts ?? []).filter(isBind);
  const bindKinds = new Map(binds.map((mount) => [mount.destination, kindOf(mount)]));
  return {
    spec,
    stdio,
    reaper: init,
    host: { ...planInputsOf(host, spec.linux ?? {}), bindKinds, network },
  };
}
