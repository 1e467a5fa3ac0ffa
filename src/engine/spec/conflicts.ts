import { EngineError } from "../../base/errors.ts";
import type { ContainerConfig } from "../model.ts";

/** Refuses options that contradict each other, with Docker's texts. */
export function checkConflicts(config: ContainerConfig): void {
  const { host } = config;
  if (host.uts === "host" && config.hostname !== undefined) {
    refuse("conflicting options: hostname and the UTS mode");
  }
  if (host.network.kind === "container") checkSharedNetwork(config);
  if (host.shmBytes < 0) refuse("SHM size can not be less than 0");
  if (host.oomScoreAdj < -1000 || host.oomScoreAdj > 1000) {
    refuse(`Invalid value ${host.oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
}

/** What is asked and has no effect, with Docker's texts. */
export function warnOfConflicts({ host }: ContainerConfig): readonly string[] {
  const hasPorts = host.publish.length > 0 || host.publishAll;
  if (host.network.kind !== "host" || !hasPorts) return [];
  return ["Published ports are discarded when using host network mode"];
}

function checkSharedNetwork({ hostname, host }: ContainerConfig): void {
  if (hostname !== undefined) refuse("conflicting options: hostname and the network mode");
  if (host.dns.length > 0) refuse("conflicting options: dns and the network mode");
  if (host.extraHosts.length > 0) {
    refuse("conflicting options: custom host-to-IP mapping and the network mode");
  }
  if (host.publish.length > 0 || host.publishAll) {
    refuse("conflicting options: port publishing and the container type network mode");
  }
  if (host.links.length > 0) {
    refuse(
      "conflicting options: container type network can't be used with links. This would result in undefined behavior",
    );
  }
}

function refuse(message: string): never {
  throw new EngineError("invalid", message);
}
