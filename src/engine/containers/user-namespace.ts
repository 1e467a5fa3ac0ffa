import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { ContainerConfig } from "../model.ts";
import type { ContainerMount } from "../spec/container-mounts.ts";
import { chooseUserNamespace, type UserNamespaceChoice } from "../spec/namespaces.ts";
import type { Context } from "./context.ts";
import { findDonors } from "./donors.ts";

/** Decides about a container's user namespace, after looking at what is to be mounted in it. */
export function decideUserNamespace(
  context: Context,
  { config, mounts }: { config: ContainerConfig; mounts: readonly ContainerMount[] },
): UserNamespaceChoice {
  const donors = findDonors(context, config).map(({ name, record }) => ({
    name,
    userNamespace: record.userNamespace,
  }));
  const isHost = config.host.user === "host" || config.host.privileged;
  const obstacles = isHost
    ? []
    : [...hostObstacles(context), ...mounts.flatMap((mount) => obstacleOf(context, mount))];
  return chooseUserNamespace(config.host, { donors, obstacles });
}

function hostObstacles({ facts }: Context): readonly string[] {
  if (facts.maxUserNamespaces === 0) return ["this host has no others"];
  const hidden = [...(facts.mountsProc ? [] : ["/proc"]), ...(facts.mountsSysfs ? [] : ["/sys"])];
  return hidden.map((path) => `something is mounted over parts of ${path} of this host`);
}

function obstacleOf({ runtime }: Context, mount: ContainerMount): readonly string[] {
  if (mount.kind !== "bind") return [];
  const { source, target, propagation } = mount;
  if (propagation.endsWith("shared")) {
    return [`the mount of "${source}" on "${target}" is to be shared with the host`];
  }
  if (runtime.canIdmap(nearestExisting(source))) return [];
  return [`the file system of "${source}", mounted on "${target}", takes no id mapping`];
}

/** A source that is missing will be made on the file system of what is there. */
function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
