import { EngineError } from "../../base/errors.ts";
import { type Filters, hasLabel } from "../filters.ts";
import type { Status } from "../model.ts";
import type { ContainerRecord } from "./record.ts";

/** What the values of some filters are looked up with. */
export interface FilterLookups {
  /** When the container that is meant was created; throws where there is none. */
  createdAt(ref: string): string;
  /** The id of the image that is meant; undefined where there is none. */
  imageId(ref: string): string | undefined;
}

type Test = (record: ContainerRecord) => boolean;
type Compile = (value: string, lookups: FilterLookups) => Test;

const STATUSES: readonly Status[] = [
  "created",
  "restarting",
  "running",
  "removing",
  "paused",
  "exited",
  "dead",
];

const COMPILE: Readonly<Record<string, Compile>> = {
  ancestor: compileAncestor,
  before: (ref, { createdAt }) => {
    const limit = createdAt(ref);
    return (record) => record.createdAt < limit;
  },
  since: (ref, { createdAt }) => {
    const limit = createdAt(ref);
    return (record) => record.createdAt > limit;
  },
  exited: compileExited,
  expose: (value) => (record) =>
    record.effective.exposedPorts.some((port) => isInPorts(port, value)),
  // No port is published yet, so none matches.
  publish: (value) => {
    parsePorts(value);
    return () => false;
  },
  health: compileHealth,
  "is-task": (value) => () => !isTrue(value),
  id: (value) => (record) => record.id.startsWith(value) || matcher(value)(record.id),
  name: (value) => {
    // Scripts write names with their slash, also in patterns such as "^/web$".
    const isMatch = matcher(value);
    return ({ name }) => isMatch(name) || isMatch(`/${name}`);
  },
  label:
    (value) =>
    ({ effective }) =>
      hasLabel(effective.labels, value),
  network: (value) => (record) =>
    record.endpoints.some(
      ({ network, networkId }) =>
        network === value || (value !== "" && networkId.startsWith(value)),
    ),
  status: compileStatus,
  volume: (value) => (record) =>
    record.mounts.some(
      (mount) => mount.target === value || (mount.kind !== "tmpfs" && mount.source === value),
    ),
};

/** Makes the test of a container; an unknown filter or value is refused with Docker's text. */
export function compileListFilters(filters: Filters, lookups: FilterLookups): Test {
  const tests = Object.entries(filters).map(([key, values]): Test => {
    const compile = Object.hasOwn(COMPILE, key) ? COMPILE[key] : undefined;
    if (compile === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    const alternatives = values.map((value) => compile(value, lookups));
    // Labels are not alternatives: a container must have them all.
    return key === "label"
      ? (record) => alternatives.every((test) => test(record))
      : (record) => alternatives.length === 0 || alternatives.some((test) => test(record));
  });
  return (record) => tests.every((test) => test(record));
}

function compileAncestor(ref: string, { imageId }: FilterLookups): Test {
  const id = imageId(ref);
  return (record) => id !== undefined && record.imageId === id;
}

function compileExited(value: string): Test {
  if (!/^[+-]?\d+$/.test(value)) throw invalid("exited", value);
  const exitCode = Number(value);
  return ({ state }) => state.status === "exited" && state.exitCode === exitCode;
}

function compileHealth(value: string): Test {
  if (!["none", "starting", "healthy", "unhealthy"].includes(value)) {
    throw new EngineError("invalid", `unrecognized filter value for health: ${value}`);
  }
  return ({ health }) => (health?.status ?? "none") === value;
}

function compileStatus(value: string): Test {
  if (!STATUSES.some((status) => status === value)) throw invalid("status", value);
  return ({ state }) => state.status === value;
}

/** As in Docker a name or an id may be a regular expression; one that is none is taken as it is. */
function matcher(value: string): (text: string) => boolean {
  try {
    const pattern = new RegExp(value);
    return (text) => pattern.test(text);
  } catch {
    // Only its syntax can be at fault.
    return (text) => text.includes(value);
  }
}

/** `80`, `80-90`, `80/udp`: tcp where nothing is said. */
function parsePorts(text: string) {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null) throw new EngineError("invalid", `invalid port specification: "${text}"`);
  const [, first = "", last = first, protocol = "tcp"] = match;
  return { first: Number(first), last: Number(last), protocol };
}

function isInPorts(port: string, value: string): boolean {
  const wanted = parsePorts(value);
  const own = parsePorts(port);
  const overlaps = own.first <= wanted.last && own.last >= wanted.first;
  return overlaps && own.protocol === wanted.protocol;
}

function isTrue(value: string): boolean {
  if (/^(1|true|t)$/i.test(value)) return true;
  if (/^(0|false|f)$/i.test(value)) return false;
  throw invalid("is-task", value);
}

function invalid(filter: string, value: string): EngineError {
  return new EngineError("invalid", `invalid filter '${filter}=${value}'`);
}
