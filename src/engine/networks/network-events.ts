import type { Event } from "../system-facade.ts";
import type { NetworkRecord } from "./network-record.ts";

/** What is told of a network. */
export function networkEvent(
  { id, name, driver }: Pick<NetworkRecord, "id" | "name" | "driver">,
  action: "create" | "destroy" | "connect" | "disconnect",
  containerId?: string,
): Omit<Event, "timeNs"> {
  const container = containerId === undefined ? {} : { container: containerId };
  return {
    type: "network",
    action,
    actorId: id,
    attributes: { ...container, name, type: driver },
  };
}
