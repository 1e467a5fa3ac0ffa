import { EngineError } from "../../base/errors.ts";
import { formatTime } from "../../base/time.ts";
import { type Filters, hasLabel } from "../filters.ts";
import { parseOneUntil } from "../until.ts";
import type { Network } from "./network.ts";

type Test = (network: Network) => boolean;

const FOR_LIST: Readonly<Record<string, (value: string) => Test>> = {
  id: (value) => (network) => isLike(network.id, value),
  name: (value) => (network) => isLike(network.name, value),
  driver: (value) => (network) => network.record.driver === value,
  label: (value) => (network) => hasLabel(network.record.labels, value),
  scope: (value) => () => value === "local",
  type: (value) => {
    if (value !== "builtin" && value !== "custom") {
      throw new EngineError("invalid", `invalid filter: 'type'='${value}'`);
    }
    return (network) => network.record.isPredefined === (value === "builtin");
  },
  dangling: (value) => {
    const isWanted = parseFlag(value);
    return (network) => isDangling(network) === isWanted;
  },
};

/** Makes the test of a list; an unknown filter or value is refused with Docker's text. */
export function compileNetworkFilters(filters: Filters): Test {
  const tests = Object.entries(filters).map(([key, values]) => {
    const compile = Object.hasOwn(FOR_LIST, key) ? FOR_LIST[key] : undefined;
    if (compile === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    const alternatives = values.map(compile);
    // A container has to have all labels; of all else one is enough.
    return key === "label"
      ? (network: Network) => alternatives.every((test) => test(network))
      : (network: Network) => alternatives.some((test) => test(network));
  });
  return (network) => tests.every((test) => test(network));
}

/** Makes the test of a prune. */
export function compilePruneFilters(filters: Filters): Test {
  const tests = Object.entries(filters).flatMap(([key, values]): readonly Test[] => {
    switch (key) {
      case "label":
        return values.map((value) => (network) => hasLabel(network.record.labels, value));
      case "label!":
        return values.map((value) => (network) => !hasLabel(network.record.labels, value));
      case "until": {
        const limit = formatTime(parseOneUntil(values));
        return [({ record }) => record.createdAt < limit];
      }
      default:
        throw new EngineError("invalid", `invalid filter '${key}'`);
    }
  });
  return (network) => tests.every((test) => test(network));
}

function isDangling({ record, members }: Network): boolean {
  return !record.isPredefined && members.size === 0;
}

/** A part of the text, or a pattern, as in Docker. */
function isLike(text: string, wanted: string): boolean {
  if (text.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(text);
  } catch {
    // Not a pattern: then it is only a text, which is not in there.
    return false;
  }
}

function parseFlag(value: string): boolean {
  if (/^(1|true)$/i.test(value)) return true;
  if (/^(0|false)$/i.test(value)) return false;
  throw new EngineError("invalid", `invalid filter 'dangling=[${value}]'`);
}
