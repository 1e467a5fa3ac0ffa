import { EngineError } from "../../base/errors.ts";
import { type Filters, hasLabel } from "../filters.ts";
import type { Event } from "../system-facade.ts";

type Matches = (event: Event, value: string) => boolean;

/** Object filters take an id or a name, or the beginning of either. */
function ofType(type: Event["type"]): Matches {
  return ({ type: actual, actorId, attributes: { name = "" } }, value) =>
    actual === type && (actorId.startsWith(value) || name.startsWith(value));
}

const MATCHES: Readonly<Record<string, Matches>> = {
  type: (event, value) => event.type === value,
  event: (event, value) => event.action === value || hasCommand(event.action, value),
  container: ofType("container"),
  network: ofType("network"),
  volume: ofType("volume"),
  daemon: ofType("daemon"),
  image: matchesImage,
  label: ({ attributes }, value) => hasLabel(attributes, value),
  scope: (_event, value) => value === "local",
  plugin: () => false,
  service: () => false,
  node: () => false,
  secret: () => false,
  config: () => false,
};

/** Makes the test of an event; an unknown filter is refused with Docker's text. */
export function compileEventFilters(filters: Filters): (event: Event) => boolean {
  const tests = Object.entries(filters).map(([key, values]) => {
    const matches = Object.hasOwn(MATCHES, key) ? MATCHES[key] : undefined;
    if (matches === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    return (event: Event) => values.length === 0 || values.some((value) => matches(event, value));
  });
  return (event) => tests.every((matches) => matches(event));
}

/** These actions have a text after them: `exec_start: /bin/sh`, `health_status: healthy`. */
function hasCommand(action: string, value: string): boolean {
  const prefix = /^(exec_create|exec_start|health_status)$/.test(value);
  return prefix && action.startsWith(`${value}:`);
}

/** Also finds what was made from the image; a name matches with and without its tag. */
function matchesImage({ type, actorId, attributes }: Event, value: string): boolean {
  const { name = "", image = "" } = attributes;
  const candidates = type === "image" ? [actorId, name] : [image];
  return candidates.some(
    (found) => found !== "" && (found === value || withoutTag(found) === value),
  );
}

function withoutTag(name: string): string {
  return name.replace(/:[^:/]*$/, "");
}
