import type { Event } from "../../engine/system-facade.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** One line of `GET /events`. */
export interface EventJson {
  /** The action, the object and its image once more, for clients from before 1.22. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: "local";
  readonly time: number;
  readonly timeNano: number;
}

/** An event as a line of JSON. Its nanoseconds have more digits than a JavaScript number keeps. */
export function encodeEvent(event: Event): string {
  const head = JSON.stringify({
    ...legacyFields(event),
    Type: event.type,
    Action: event.action,
    Actor: { ID: event.actorId, Attributes: event.attributes },
    scope: "local",
    time: Number(event.timeNs / NS_PER_SECOND),
  });
  return `${head.slice(0, -1)},"timeNano":${event.timeNs}}\n`;
}

function legacyFields(event: Event): Pick<EventJson, "status" | "id" | "from"> {
  if (event.type !== "container" && event.type !== "image") return {};
  const { image: from } = event.attributes;
  return {
    status: event.action,
    id: event.actorId,
    ...(event.type === "container" && from !== undefined ? { from } : {}),
  };
}
