import { EngineError } from "../base/errors.ts";
import { MOUNT_ATTR } from "../linux/mount.ts";
import type { Mount, Spec } from "../oci/runtime-spec.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { HostInputs } from "./plan-inputs.ts";
import { passed, type Step } from "./step.ts";

// File systems that show the container's own namespaces and so are mounted from inside them.
const OWN_TYPES = new Set(["proc", "sysfs", "tmpfs", "mqueue", "devpts"]);

// Of these, a user namespace may see no more than it can see of the host's. mount_namespaces(7)
const VISIBLE_TYPES = new Set(["proc", "sysfs"]);

const CGROUP_ROOT_ATTRIBUTES = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;

/** A spec's mounts in its order: the OCI specification says that they MUST be made in it. */
export function planMounts(spec: Spec, host: HostInputs): readonly Step[] {
  return (spec.mounts ?? []).flatMap((mount) => planMount(mount, spec, host));
}

/** File systems that must be made while the host's are visible; {@link planMounts} puts them in place. */
export function planVisible(spec: Spec): readonly Step[] {
  return (spec.mounts ?? []).filter(isVisible).map((mount): Step => {
    const { type = "", destination, options = [] } = mount;
    const { attributes, recursiveAttributes, data } = parseMountOptions(options);
    return {
      op: "make",
      args: [type, destination, attributes | recursiveAttributes, ...data],
      what: `make a ${type} for ${destination}${describeOptions(options)}`,
      why: reasonOf(mount),
    };
  });
}

/** Whether the daemon makes this mount on the host and passes it on. */
export function isPassedMount(mount: Mount): boolean {
  return isDevices(mount) || isBind(mount);
}

/** The name under which a mount is passed. */
export function mountName(mount: Mount): string {
  return isDevices(mount) ? "devices" : `bind ${mount.destination}`;
}

/** `/dev` needs nodes that nobody can make in a user namespace: the daemon fills it. */
export function isDevices({ destination, type }: Mount): boolean {
  return destination === "/dev" && type === "tmpfs";
}

/** Whether a mount shows something that is there already. */
export function isBind({ type, options = [] }: Mount): boolean {
  return type === "bind" || options.includes("bind") || options.includes("rbind");
}

function planMount(mount: Mount, spec: Spec, host: HostInputs): readonly Step[] {
  if (isDevices(mount)) return planPassed(mount, "directory", "the container's devices");
  if (isBind(mount)) return planBind(mount, host);
  if (mount.type === "cgroup" || mount.type === "cgroup2") return planCgroups(mount, spec, host);
  return [makeDirectory(mount.destination), isVisible(mount) ? planPut(mount) : planOwn(mount)];
}

function isVisible(mount: Mount): boolean {
  return VISIBLE_TYPES.has(mount.type ?? "") && !isBind(mount);
}

function planPut(mount: Mount): Step {
  const { destination, type = "" } = mount;
  return {
    op: "put",
    args: [destination],
    what: `put the ${type} on ${destination}`,
    why: reasonOf(mount),
  };
}

function planBind(mount: Mount, host: HostInputs): readonly Step[] {
  const kind = host.bindKinds.get(mount.destination) ?? "directory";
  const { source = "", subpath } = mount;
  const shown = mount.layers === undefined ? source : `image ${source}`;
  return planPassed(mount, kind, subpath === undefined ? shown : `${subpath} of ${shown}`);
}

function planPassed(mount: Mount, kind: "file" | "directory", source: string): readonly Step[] {
  const { destination } = mount;
  return [
    kind === "directory" ? makeDirectory(destination) : makeFile(destination),
    {
      op: "attach",
      // A user's path may lead over links of the image; the kernel keeps them inside the root.
      args: [passed(mountName(mount)), destination, isDevices(mount) ? "nofollow" : "follow"],
      what: `mount ${source} on ${destination}`,
      why: reasonOf(mount),
    },
  ];
}

function planOwn(mount: Mount): Step {
  const { destination, type = "", options = [] } = mount;
  if (!OWN_TYPES.has(type)) {
    throw new EngineError("invalid", `Cannot mount a "${type}" on "${destination}": not supported`);
  }
  const { attributes, recursiveAttributes, data } = parseMountOptions(options);
  return {
    op: "mount",
    args: [type, destination, attributes | recursiveAttributes, ...data],
    what: `mount a ${type} on ${destination}${describeOptions(options)}`,
    why: reasonOf(mount),
  };
}

function describeOptions(options: readonly string[]): string {
  return options.length > 0 ? ` (${options.join(",")})` : "";
}

function planCgroups(mount: Mount, spec: Spec, host: HostInputs): readonly Step[] {
  const { destination, options = [] } = mount;
  const { attributes } = parseMountOptions(options);
  if (host.cgroup.version === "1") {
    return planHierarchies(mount, host.cgroup.hierarchies);
  }
  if (!(spec.linux?.namespaces ?? []).some(({ type }) => type === "cgroup")) {
    return planPassed({ ...mount, type: "bind" }, "directory", "the host's cgroups");
  }
  return [
    makeDirectory(destination),
    {
      op: "mount",
      args: ["cgroup2", destination, attributes],
      what: `mount the container's cgroup on ${destination}`,
      why: "default",
    },
  ];
}

/** Each hierarchy of v1 is a mount of its own; the container sees its own directory of each. */
function planHierarchies(mount: Mount, hierarchies: readonly string[]): readonly Step[] {
  const { destination, options = [] } = mount;
  return [
    makeDirectory(destination),
    {
      op: "mount",
      args: ["tmpfs", destination, CGROUP_ROOT_ATTRIBUTES, "mode=755", "size=64k"],
      what: `mount a tmpfs on ${destination} for the cgroup hierarchies`,
      why: "default",
    },
    ...hierarchies.flatMap((name): readonly Step[] => [
      makeDirectory(`${destination}/${name}`),
      {
        op: "attach",
        args: [passed(`cgroup view ${name}`), `${destination}/${name}`, "nofollow"],
        what: `mount the container's ${name} cgroup`,
        why: "default",
      },
    ]),
    ...(options.includes("ro")
      ? [
          {
            op: "mount-readonly" as const,
            args: [destination],
            what: `make ${destination} read-only`,
            why: "default; off with --privileged",
          },
        ]
      : []),
  ];
}

function makeDirectory(path: string): Step {
  return {
    op: "mkdir",
    args: [path, 0o755],
    what: `make the directory ${path} where it is missing`,
    why: "mount point",
  };
}

function makeFile(path: string): Step {
  return {
    op: "file",
    args: [path],
    what: `make the file ${path} where it is missing`,
    why: "mount point",
  };
}

const DEFAULT_DESTINATIONS = new Set([
  "/proc",
  "/dev",
  "/dev/pts",
  "/dev/mqueue",
  "/sys",
  "/sys/fs/cgroup",
]);

const NETWORK_FILES = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]);

function reasonOf(mount: Mount): string {
  if (DEFAULT_DESTINATIONS.has(mount.destination)) return "default";
  if (mount.destination === "/dev/shm") return "default; size by --shm-size";
  if (NETWORK_FILES.has(mount.destination)) return "network";
  return isBind(mount) ? "--volume or --mount" : "--tmpfs or --mount";
}
