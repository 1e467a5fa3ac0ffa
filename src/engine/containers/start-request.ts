import type { Linux } from "../../oci/runtime-spec.ts";
import type { RootSource, StartRequest, Stdio } from "../../runtime/model.ts";
import { findDevices } from "../devices/host-devices.ts";
import { addNamedDevices } from "../devices/named-devices.ts";
import type { ContainerConfig } from "../model.ts";
import { type Joined, planMappings } from "../spec/namespaces.ts";
import { grantedCapabilities } from "../spec/process.ts";
import { fitResources } from "../spec/resources.ts";
import { buildSpec, cgroupsPath } from "../spec/spec.ts";
import { resolveUser, type UserFiles } from "../spec/user.ts";
import type { Context } from "./context.ts";
import { planLogFiles } from "./log-keeping.ts";
import type { ContainerRecord } from "./record.ts";
import { chooseSeccomp } from "./seccomp-choice.ts";

/** What a start follows from beside what is stored of the container. */
export interface StartInputs {
  readonly record: ContainerRecord;
  readonly root: RootSource;
  readonly accounts: UserFiles;
  readonly joined: Joined;
  readonly files: Readonly<Record<string, string>>;
}

/** Says all to the runtime that it needs to start a container. */
export function planStart(context: Context, inputs: StartInputs): StartRequest {
  const { record, root, accounts, joined, files } = inputs;
  const { id, config, effective, userNamespace, mounts } = record;
  const { host } = config;
  const capabilities = capabilitiesOf(context, record);
  const seccomp = chooseSeccomp(host, capabilities, context.facts);
  const user = resolveUser(effective.user, accounts, host.groupAdd);
  const mappings = planMappings(userNamespace);
  const named = addNamedDevices(host.namedDevices ?? [], context.cdi, { ...user, mappings });
  const spec = buildSpec({
    id,
    config,
    effective: { ...effective, env: [...effective.env, ...named.env] },
    user: { ...user, additionalGids: [...(user.additionalGids ?? []), ...named.groups] },
    userNamespace,
    joined,
    facts: context.facts,
    capabilities,
    mounts,
    deviceMounts: named.mounts,
    files,
    devices: [...findDevices(host), ...named.devices],
    resources: fitResources(host.resources, context.facts).resources,
    ...(seccomp === undefined ? {} : { seccomp }),
  });
  const stdio = planStdio(config, planLogFiles(context, record));
  return { id, spec, root, stdio, init: host.init === true };
}

/** What all programs in a container have in common, for those that come after its first. */
export function sharedByPrograms(
  context: Context,
  record: ContainerRecord,
): Pick<Linux, "cgroupsPath" | "seccomp" | "uidMappings"> {
  const { config, userNamespace } = record;
  const seccomp = chooseSeccomp(config.host, capabilitiesOf(context, record), context.facts);
  const uidMappings = planMappings(userNamespace);
  return {
    cgroupsPath: cgroupsPath(config.host.cgroupParent, record.id),
    ...(uidMappings.length === 0 ? {} : { uidMappings }),
    ...(seccomp === undefined ? {} : { seccomp }),
  };
}

/** The capabilities that a container's programs may have. */
export function capabilitiesOf(
  { facts }: Pick<Context, "facts">,
  { config, userNamespace }: ContainerRecord,
): readonly string[] {
  return grantedCapabilities({ host: config.host, userNamespace, facts });
}

function planStdio(config: ContainerConfig, log: Stdio["log"]): Stdio {
  const { rows, columns } = config.host.consoleSize ?? { rows: 0, columns: 0 };
  return {
    ...(config.tty ? { terminal: { rows, columns } } : {}),
    stdin: config.openStdin,
    stdinOnce: config.stdinOnce,
    ...(log === undefined ? {} : { log }),
  };
}
