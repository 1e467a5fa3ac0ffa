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

function checkSharedNetwork({ hostname, host }: ContainerConfig): void {
  if (hostname !== undefined) refuse("conflicting options: hostname and the network mode");
  if (host.dns.length > 0) refuse("conflicting options: dns and the network mode");
  if (host.extraHosts.length > 0) {
    refuse("conflicting options: custom host-to-IP mapping and the network mode");
  }
}

function refuse(message: string): never {
  throw new EngineError("invalid", message);
}
