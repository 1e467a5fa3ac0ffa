import { existsSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import { parseExtraHost } from "../../network/extra-host.ts";
import { checkResolverOptions } from "../../network/resolver-file.ts";
import { parseSeccompProfile } from "../../runtime/seccomp-profile-parse.ts";
import { checkHealthcheck } from "../health/healthcheck.ts";
import type { HostFacts } from "../host-facts.ts";
import { checkRestartPolicy } from "../life/restart-policy.ts";
import { planLog } from "../logs/log-options.ts";
import type { ContainerConfig, MountRequest } from "../model.ts";
import { chooseCapabilities } from "../spec/capabilities.ts";
import { checkConflicts, warnOfConflicts } from "../spec/conflicts.ts";
import { checkDeviceAccess, parseDeviceRule } from "../spec/devices.ts";
import { fitResources } from "../spec/resources.ts";
import { checkSysctls } from "../spec/sysctls.ts";

/** Finds out at create what could not be started; returns what the user is warned of. */
export function checkConfig(config: ContainerConfig, facts: HostFacts): readonly string[] {
  const { host } = config;
  checkConflicts(config);
  checkHealthcheck(config.healthcheck);
  if (host.restart !== undefined) checkRestartPolicy(host.restart, host.autoRemove);
  chooseCapabilities({ add: host.capAdd, drop: host.capDrop, privileged: host.privileged });
  checkSysctls(host.sysctls, {
    network: host.network.kind === "network" || host.network.kind === "none",
    ipc: host.ipc.kind !== "host" && host.ipc.kind !== "container",
  });
  for (const rule of host.deviceCgroupRules) parseDeviceRule(rule);
  for (const { access } of host.devices) checkDeviceAccess(access);
  for (const mount of host.binds) checkSource(mount);
  const { seccomp } = host.security;
  if (typeof seccomp === "object") parseSeccompProfile(seccomp.profile);
  planLog(host.log);
  checkResolverOptions(host);
  for (const line of host.extraHosts) parseExtraHost(line);
  return [...warnOfConflicts(config), ...fitResources(host.resources, facts).warnings];
}

function checkSource(mount: MountRequest): void {
  if (mount.kind !== "bind" || mount.createSource || existsSync(mount.source)) return;
  throw new EngineError(
    "invalid",
    `invalid mount config for type "bind": bind source path does not exist: ${mount.source}`,
  );
}
