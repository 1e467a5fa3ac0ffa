import { posix as path } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { IdMapping, Mount } from "../../oci/runtime-spec.ts";
import type { MountView } from "../facade.ts";
import type { MountRequest } from "../model.ts";
import { type MatchedUser, planIdSwap } from "./id-swap.ts";
import { tmpfsOptions } from "./tmpfs.ts";

/** A request for a mount after names became paths: what a container is stored with. */
export type ContainerMount = BindMount | VolumeMount | TmpfsMount | ImageMount;

type BindMount = Extract<MountRequest, { kind: "bind" }> & {
  /** Where what is written to an overlay is kept. */
  readonly overlayDirectory?: string;
  /** Of one with `idMap`, from the first start on. */
  readonly matched?: MatchedUser;
};
type TmpfsMount = Extract<MountRequest, { kind: "tmpfs" }>;

/** A volume's name is known by then, and where its files are. */
export type VolumeMount = Extract<MountRequest, { kind: "volume" }> & {
  readonly directory: string;
  /** Made for this container, and removed with it. */
  readonly anonymous: boolean;
};

/** An image is known by its id by then, and where its layers are. */
export type ImageMount = Extract<MountRequest, { kind: "image" }> & {
  readonly imageId: string;
  /** Topmost first. */
  readonly layers: readonly string[];
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
  if (mount.kind === "bind") return { ...bind, ...toBind(mount, mappings) };
  const subpath = mount.subpath === undefined ? {} : { subpath: mount.subpath };
  if (mount.kind === "image") {
    const { source, layers } = mount;
    return { ...bind, source, layers, ...subpath, options: ["bind", "rprivate", "ro"] };
  }
  return {
    ...bind,
    source: mount.directory,
    ...subpath,
    options: ["rbind", "rprivate", mount.readonly ? "rro" : "rw"],
  };
}

function toBind(mount: BindMount, mappings: readonly IdMapping[]) {
  const { source, overlayDirectory, matched } = mount;
  if (overlayDirectory !== undefined) {
    const over = { upper: `${overlayDirectory}/upper`, work: `${overlayDirectory}/work` };
    return { source, over, options: ["bind", "rprivate", "rw"] };
  }
  const bind = { source, options: bindOptions(mount) };
  if (matched === undefined) return bind;
  const [range] = mappings;
  const namespace = range === undefined ? "host" : { hostId: range.hostID, size: range.size };
  const { owner, user } = matched;
  const swap = (id: "uid" | "gid") => planIdSwap(namespace, { owner: owner[id], user: user[id] });
  return { ...bind, uidMappings: swap("uid"), gidMappings: swap("gid") };
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
    case "image":
      return { ...common, name: mount.source, source: mount.imageId, mode: "", propagation: "" };
    case "tmpfs":
      return { ...common, source: "", mode: "", propagation: "" };
  }
}

function bindOptions(mount: BindMount): readonly string[] {
  const { recursive, propagation, readonly, writableBelow = false } = mount;
  const kind = recursive ? "rbind" : "bind";
  // A read-only bind is read-only in what is mounted beneath it too, as in Docker since 25.
  const mode = readonly && recursive && !writableBelow ? "rro" : access(readonly);
  return [kind, propagation === "" ? "rprivate" : propagation, mode];
}

function access(readonly: boolean): string {
  return readonly ? "ro" : "rw";
}

function depth(destination: string): number {
  return destination.split("/").length;
}
