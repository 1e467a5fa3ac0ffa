import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { ContainerMount } from "../spec/container-mounts.ts";
import type { Context } from "./context.ts";
import type { ContainerRecord } from "./record.ts";

/** Says where what a container writes over directories of the host is kept while it runs. */
export function placeOverlays(
  { store }: Pick<Context, "store">,
  id: string,
  mounts: readonly ContainerMount[],
): readonly ContainerMount[] {
  const home = homeOf(store.dataRoot, id);
  return mounts.map((mount, place) =>
    mount.kind === "bind" && mount.overlay === true
      ? { ...mount, overlayDirectory: join(home, String(place)) }
      : mount,
  );
}

/** Makes them empty: each start sees the host's directories as they are. */
export function prepareOverlays(context: Pick<Context, "store">, record: ContainerRecord): void {
  dropOverlays(context, record);
  const owner = record.userNamespace === "host" ? 0 : record.userNamespace.hostId;
  for (const { source, overlayDirectory } of overlaysOf(record)) {
    const top = statSync(source, { throwIfNoEntry: false });
    // What is missing is told when it is mounted.
    if (top === undefined) continue;
    if (!top.isDirectory()) {
      const message = `Cannot mount an overlay over "${source}": it is no directory`;
      throw new EngineError("invalid", message);
    }
    const upper = join(overlayDirectory, "upper");
    mkdirSync(upper, { recursive: true, mode: 0o700 });
    mkdirSync(join(overlayDirectory, "work"), { mode: 0o700 });
    chownSync(upper, owner + top.uid, owner + top.gid);
    chmodSync(upper, top.mode & 0o7777);
  }
}

/** Throws away what was written to them. */
export function dropOverlays({ store }: Pick<Context, "store">, record: ContainerRecord): void {
  if (overlaysOf(record).length > 0) store.trash.throwAway(homeOf(store.dataRoot, record.id));
}

function overlaysOf({ mounts }: ContainerRecord) {
  return mounts.flatMap((mount) => {
    if (mount.kind !== "bind" || mount.overlayDirectory === undefined) return [];
    return [{ source: mount.source, overlayDirectory: mount.overlayDirectory }];
  });
}

function homeOf(dataRoot: string, id: string): string {
  return join(dataRoot, "containers", id, "over");
}
