import { EngineError } from "../../base/errors.ts";
import type { ContainerConfig, MountRequest, VolumesFrom } from "../model.ts";
import { type ContainerMount, checkMounts, cleanTarget } from "../spec/container-mounts.ts";
import type { ContainerImage, Context } from "./context.ts";

type ImageRequest = Extract<MountRequest, { kind: "image" }>;

/**
 * The mounts that are asked for, those of other containers, and anonymous volumes where request or
 * image want one and nothing else is mounted.
 */
export function planContainerMounts(
  context: Context,
  config: ContainerConfig,
  image: ContainerImage,
): readonly ContainerMount[] {
  checkMounts(config.host.binds);
  const others = config.host.volumesFrom.flatMap((from) => mountsOf(context, from));
  const asked = config.host.binds.map((mount) => resolveMount(context, mount));
  // The last word counts: another container's mount gives way to one that is asked for.
  const byTarget = new Map<string, ContainerMount>();
  for (const mount of [...others, ...asked]) byTarget.set(cleanTarget(mount.target), mount);
  const wanted = new Set([...config.volumes, ...image.config.volumes].map(cleanTarget));
  const anonymous = [...wanted].filter((target) => !byTarget.has(target)).map(anonymousVolume);
  checkMounts(anonymous);
  return [...byTarget.values(), ...anonymous.map((mount) => resolveMount(context, mount))];
}

function resolveMount(context: Context, mount: MountRequest): ContainerMount {
  if (mount.kind === "volume") return context.volumes.resolve(mount);
  return mount.kind === "image" ? resolveImage(context, mount) : mount;
}

function resolveImage({ images, store }: Context, mount: ImageRequest): ContainerMount {
  if (store.snapshots.driver === "copy") {
    const reason = "layers are copied on this data root, and mounting an image needs an overlay";
    throw new EngineError("unimplemented", `Cannot mount image "${mount.source}": ${reason}`);
  }
  const image = images.find(mount.source);
  if (image !== undefined) return { ...mount, imageId: image.id, layers: image.lowers };
  // Not as "not found": a client would pull the container's own image, and ask again.
  throw new EngineError("invalid", `No such image: ${mount.source}`);
}

/** What another container has mounted, but for its memory; as it has it, or read-only. */
function mountsOf({ containers }: Context, from: VolumesFrom): readonly ContainerMount[] {
  const { mounts } = containers.get(from.container).record;
  return mounts.flatMap((mount): readonly ContainerMount[] => {
    if (mount.kind === "tmpfs") return [];
    const copy = { readonly: mount.readonly || from.readonly, mode: "", via: "binds" } as const;
    if (mount.kind === "image") return [mount];
    return mount.kind === "volume"
      ? [{ ...mount, ...copy, noCopy: true }]
      : [{ ...mount, ...copy }];
  });
}

function anonymousVolume(target: string): Extract<MountRequest, { kind: "volume" }> {
  return {
    kind: "volume",
    source: "",
    target,
    readonly: false,
    noCopy: false,
    mode: "",
    via: "binds",
  };
}
