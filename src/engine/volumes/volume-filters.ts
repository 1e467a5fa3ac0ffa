import { EngineError } from "../../base/errors.ts";
import { type Filters, hasLabel } from "../filters.ts";
import { ANONYMOUS_LABEL, type VolumeView } from "../volume-facade.ts";

type Test = (volume: VolumeView) => boolean;
type Compile = (values: readonly string[], isUsed: Test) => Test;

const every =
  (test: (volume: VolumeView, value: string) => boolean) =>
  (values: readonly string[]): Test =>
  (volume) =>
    values.every((value) => test(volume, value));

const LIST: Readonly<Record<string, Compile>> = {
  dangling: (values, isUsed) => {
    const wanted = oneOf("dangling", values);
    return (volume) => isUsed(volume) !== wanted;
  },
  driver: (values) => () => values.includes("local"),
  label: every(({ labels }, value) => hasLabel(labels, value)),
  name: (values) => {
    const patterns = values.map(matcher);
    return ({ name }) => patterns.some((isMatch) => isMatch(name));
  },
};

const PRUNE: Readonly<Record<string, Compile>> = {
  all: () => () => true,
  label: LIST["label"] ?? every(({ labels }, value) => hasLabel(labels, value)),
  "label!": (values) => (volume) => !values.every((value) => hasLabel(volume.labels, value)),
};

/** Makes the test of a list; `isUsed` says whether a container has a volume. */
export function compileVolumeFilters(filters: Filters, isUsed: Test): Test {
  return compileAll(LIST, filters, isUsed);
}

/** Makes the test of a prune: where not all are asked for, those that were made without a name. */
export function compileVolumePruneFilters(filters: Filters): Test {
  const wanted = compileAll(PRUNE, filters, () => false);
  const all = filters["all"] ?? [];
  if (all.length > 0 && oneOf("all", all)) return wanted;
  return (volume) => wanted(volume) && hasLabel(volume.labels, ANONYMOUS_LABEL);
}

function compileAll(
  known: Readonly<Record<string, Compile>>,
  filters: Filters,
  isUsed: Test,
): Test {
  const tests = Object.entries(filters).map(([key, values]) => {
    const compile = Object.hasOwn(known, key) ? known[key] : undefined;
    if (compile === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    return values.length === 0 ? () => true : compile(values, isUsed);
  });
  return (volume) => tests.every((test) => test(volume));
}

/** As in Docker a name may be a regular expression, and one that is none matches nothing else. */
function matcher(value: string): (text: string) => boolean {
  try {
    const pattern = new RegExp(value);
    return (text) => pattern.test(text);
  } catch {
    // Only its syntax can be at fault.
    return (text) => text === value;
  }
}

function oneOf(key: string, values: readonly string[]): boolean {
  if (values.length === 1 && /^(1|t|true)$/i.test(values[0] ?? "")) return true;
  if (values.length === 1 && /^(0|f|false)$/i.test(values[0] ?? "")) return false;
  throw new EngineError("invalid", `invalid filter '${key}=[${values.join(" ")}]'`);
}
