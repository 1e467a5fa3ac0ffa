import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { ContainerConfig } from "../model.ts";
import type { ContainerMount, VolumeMount } from "../spec/container-mounts.ts";
import { chooseUserNamespace, type UserNamespaceChoice } from "../spec/namespaces.ts";
import { boundDirectoryOf } from "../volumes/volume-options.ts";
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
    : [
        ...hostObstacles(context),
        ...storageObstacles(context, mounts),
        ...rootfsObstacles(context, config),
        ...mounts.flatMap((mount) => obstacleOf(context, mount)),
      ];
  return chooseUserNamespace(config.host, { donors, obstacles });
}

function hostObstacles({ facts }: Context): readonly string[] {
  if (facts.maxUserNamespaces === 0) return ["this host has no others"];
  const hidden = [...(facts.mountsProc ? [] : ["/proc"]), ...(facts.mountsSysfs ? [] : ["/sys"])];
  return hidden.map((path) => `something is mounted over parts of ${path} of this host`);
}

/** A copy has shifted ids of its own; layers and volumes have the ids that images give them. */
function storageObstacles(
  { store, runtime }: Context,
  mounts: readonly ContainerMount[],
): readonly string[] {
  const needsMap =
    store.snapshots.driver === "overlay" || mounts.some(({ kind }) => kind === "volume");
  if (!needsMap || runtime.canIdmapLayers()) return [];
  return [`the file system of the data root "${store.dataRoot}" takes no id mapping`];
}

function rootfsObstacles({ runtime }: Context, { host }: ContainerConfig): readonly string[] {
  if (host.rootfs === undefined || runtime.canIdmap(host.rootfs)) return [];
  return [
    `the file system of the root "${host.rootfs}", or one mounted below it, takes no id mapping`,
  ];
}

function obstacleOf(context: Context, mount: ContainerMount): readonly string[] {
  switch (mount.kind) {
    case "bind":
      return bindObstacles(context, mount);
    case "volume":
      return volumeObstacles(context, mount);
    case "image":
    case "tmpfs":
      return [];
  }
}

function bindObstacles(
  { runtime }: Context,
  { source, target, propagation }: Extract<ContainerMount, { kind: "bind" }>,
): readonly string[] {
  if (propagation.endsWith("shared")) {
    return [`the mount of "${source}" on "${target}" is to be shared with the host`];
  }
  if (runtime.canIdmap(nearestExisting(source))) return [];
  return [`the file system of "${source}", mounted on "${target}", takes no id mapping`];
}

/** A volume may be mounted from elsewhere than the data root, and is not yet. */
function volumeObstacles({ runtime, volumes }: Context, mount: VolumeMount): readonly string[] {
  const device = volumes.deviceOf(mount);
  if (device === undefined) return [];
  const bound = boundDirectoryOf(device);
  const isMapped =
    bound === undefined
      ? runtime.canIdmapType(device.type)
      : runtime.canIdmap(nearestExisting(bound));
  if (isMapped) return [];
  const { source, target } = mount;
  return [`the file system of volume "${source}", mounted on "${target}", takes no id mapping`];
}

/** A source that is missing will be made on the file system of what is there. */
function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}
