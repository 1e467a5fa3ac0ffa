import { posix as path } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { IdMapping, Mount } from "../../oci/runtime-spec.ts";
import type { MountView } from "../facade.ts";
import type { MountRequest } from "../model.ts";
import { tmpfsOptions } from "./tmpfs.ts";

/** A request for a mount after names became paths: what a container is stored with. */
export type ContainerMount = BindMount | VolumeMount | TmpfsMount;

type BindMount = Extract<MountRequest, { kind: "bind" }>;
type TmpfsMount = Extract<MountRequest, { kind: "tmpfs" }>;

/** A volume's name is known by then, and where its files are. */
export type VolumeMount = Extract<MountRequest, { kind: "volume" }> & {
  readonly directory: string;
  /** Made for this container, and removed with it. */
  readonly anonymous: boolean;
};

/** Refuses targets that cannot be, with Docker's texts. */
export function checkMounts(mounts: readonly MountRequest[]): void {
  const seen = new Set<string>();
  for (const { target } of mounts) {
    if (!target.startsWith("/")) {
      throw new EngineError(
        "invalid",
        `invalid mount path: '${target}' mount path must be absolute`,
      );
    }
    const clean = cleanTarget(target);
    if (clean === "/") {
      throw new EngineError("invalid", `invalid specification: destination can't be '/'`);
    }
    if (seen.has(clean)) throw new EngineError("invalid", `Duplicate mount point: ${clean}`);
    seen.add(clean);
  }
}

/** A mount's target without `..`, doubled slashes and a slash at its end. */
export function cleanTarget(target: string): string {
  return path.resolve("/", target);
}

/**
 * The spec's form of a mount. Ownership on the host's disk reads in the container as it does with
 * Docker, because binds and volumes are mounted with the container's own id mappings.
 */
export function toMount(mount: ContainerMount, mappings: readonly IdMapping[]): Mount {
  const destination = cleanTarget(mount.target);
  if (mount.kind === "tmpfs") {
    const options = tmpfsOptions(mount.options, mount.readonly);
    return { destination, type: "tmpfs", source: "tmpfs", options };
  }
  const ids = mappings.length === 0 ? {} : { uidMappings: mappings, gidMappings: mappings };
  const bind = { destination, type: "bind", ...ids };
  return mount.kind === "volume"
    ? { ...bind, source: mount.directory, options: ["rbind", "rprivate", access(mount.readonly)] }
    : { ...bind, source: mount.source, options: bindOptions(mount) };
}

/** Mounts below others come after them, as Docker has it; the rest keeps its order. */
export function sortMounts(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.toSorted((one, other) => depth(one.destination) - depth(other.destination));
}

/** What inspect shows of the mounts; `--tmpfs` is not among them, as in Docker. */
export function viewMounts(mounts: readonly ContainerMount[]): readonly MountView[] {
  return mounts.filter((mount) => mount.via !== "tmpfs").map(viewMount);
}

function viewMount(mount: ContainerMount): MountView {
  const target = cleanTarget(mount.target);
  const common = { kind: mount.kind, target, writable: !mount.readonly };
  switch (mount.kind) {
    case "bind": {
      const propagation = mount.propagation === "" ? "rprivate" : mount.propagation;
      return { ...common, source: mount.source, mode: mount.mode, propagation };
    }
    case "volume": {
      const { source: name, directory: source, mode } = mount;
      return { ...common, name, source, mode, propagation: "", driver: "local" };
    }
    case "tmpfs":
      return { ...common, source: "", mode: "", propagation: "" };
  }
}

function bindOptions({ recursive, propagation, readonly }: BindMount): readonly string[] {
  const kind = recursive ? "rbind" : "bind";
  // A read-only bind is read-only in what is mounted beneath it too, as in Docker since 25.
  const mode = readonly && recursive ? "rro" : access(readonly);
  return [kind, propagation === "" ? "rprivate" : propagation, mode];
}

function access(readonly: boolean): string {
  return readonly ? "ro" : "rw";
}

function depth(destination: string): number {
  return destination.split("/").length;
}
