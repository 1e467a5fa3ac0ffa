import type { MountView } from "../../engine/facade.ts";

/** A mount, as list and inspect show it. */
export interface MountJson {
  readonly Type: "bind" | "volume" | "tmpfs" | "image";
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

export function toMountJson(mount: MountView): MountJson {
  return {
    Type: mount.kind,
    ...(mount.name === undefined ? {} : { Name: mount.name }),
    Source: mount.source,
    Destination: mount.target,
    ...(mount.driver === undefined ? {} : { Driver: mount.driver }),
    Mode: mount.mode,
    RW: mount.writable,
    Propagation: mount.propagation,
  };
}
