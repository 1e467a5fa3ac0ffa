import type { Event } from "../system-facade.ts";
import type { ContainerRecord } from "./record.ts";

type NewEvent = Omit<Event, "timeNs">;

/** What is told of a container; its labels, image and name come with it, as in Docker. */
export function containerEvent(
  { id, name, config, effective }: ContainerRecord,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): NewEvent {
  return {
    type: "container",
    action,
    actorId: id,
    attributes: { ...effective.labels, image: config.image, name, ...attributes },
  };
}
