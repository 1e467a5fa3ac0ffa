import type { EventBus } from "../events/event-bus.ts";
import type { ContainerMount, VolumeMount } from "../spec/container-mounts.ts";
import { cleanTarget } from "../spec/container-mounts.ts";

type NewEvent = Parameters<EventBus["publish"]>[0];

/** What is told of a volume. */
export function volumeEvent(
  name: string,
  action: "create" | "destroy" | "mount" | "unmount",
  attributes: Readonly<Record<string, string>> = {},
): NewEvent {
  return { type: "volume", action, actorId: name, attributes: { driver: "local", ...attributes } };
}

/** What is told of a volume when a container that has it starts. */
export function mountedEvent(container: string, mount: VolumeMount): NewEvent {
  return volumeEvent(mount.source, "mount", {
    container,
    destination: cleanTarget(mount.target),
    propagation: "",
    "read/write": String(!mount.readonly),
  });
}

/** The volumes among mounts. */
export function volumesOf(mounts: readonly ContainerMount[]): readonly VolumeMount[] {
  return mounts.filter((mount) => mount.kind === "volume");
}
