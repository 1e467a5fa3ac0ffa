import { EngineError } from "../../base/errors.ts";
import { parseTime } from "../../base/time.ts";
import { parseReference } from "../../oci/reference.ts";
import { matchesReference } from "../../oci/reference-pattern.ts";
import { type Filters, hasLabel } from "../filters.ts";
import type { ImageView } from "../image-facade.ts";
import { parseOneUntil, parseUntil } from "../until.ts";

/** Tells whether an image is wanted, and with which of its names; undefined: it is not. */
export type ImageFilter = (image: ImageView) => ImageView | undefined;

/** What a filter may have to look up. */
export interface FilterLookups {
  /** The time of another image; one that is not there is an error. */
  readonly createdAt: (ref: string) => string;
}

type Test = (image: ImageView) => boolean;
type Compile = (values: readonly string[], lookups: FilterLookups) => Test;

const FOR_LIST: Readonly<Record<string, Compile>> = {
  dangling: (values) => {
    const isWanted = readFlag("dangling", values);
    return (image) => isDangling(image) === isWanted;
  },
  label: (values) => (image) => values.every((value) => hasLabel(image.config.labels, value)),
  reference: (values) => (image) => values.length === 0 || namesLike(image, values).length > 0,
  before: (values, lookups) => {
    const limits = values.map((ref) => toNs(lookups.createdAt(ref)));
    return (image) => limits.every((limit) => toNs(image.createdAt) < limit);
  },
  since: (values, lookups) => {
    const limits = values.map((ref) => toNs(lookups.createdAt(ref)));
    return (image) => limits.every((limit) => toNs(image.createdAt) > limit);
  },
  until: (values) => {
    const limits = values.map(parseUntil);
    return (image) => limits.every((limit) => toNs(image.createdAt) < limit);
  },
};

const { label } = FOR_LIST;
const FOR_PRUNE: Readonly<Record<string, Compile | undefined>> = {
  label,
  until: (values) => {
    const limit = parseOneUntil(values);
    return (image) => toNs(image.createdAt) < limit;
  },
  "label!": (values) => (image) => !values.some((value) => hasLabel(image.config.labels, value)),
  // It chooses what prune does; the caller has read it.
  dangling: () => () => true,
};

/** The filters of a list. With `reference`, only the names that fit are shown. */
export function compileListFilters(filters: Filters, lookups: FilterLookups): ImageFilter {
  const isWanted = compile(filters, FOR_LIST, lookups);
  const { reference: patterns = [] } = filters;
  return (image) => {
    if (!isWanted(image)) return undefined;
    return patterns.length === 0 ? image : { ...image, tags: namesLike(image, patterns) };
  };
}

/** The filters of a prune, and whether it is for images without a name only, as it is by default. */
export function compilePruneFilters(filters: Filters) {
  const { dangling = ["true"] } = filters;
  const never = { createdAt: () => "" };
  return {
    isWanted: compile(filters, FOR_PRUNE, never),
    onlyDangling: readFlag("dangling", dangling),
  };
}

/** Whether an image has no name. */
export function isDangling({ tags, digests }: ImageView): boolean {
  return tags.length === 0 && digests.length === 0;
}

function compile(
  filters: Filters,
  known: Readonly<Record<string, Compile | undefined>>,
  lookups: FilterLookups,
): Test {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(known, key) ? known[key] : undefined;
    if (make === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    return make(values, lookups);
  });
  return (image) => tests.every((test) => test(image));
}

function namesLike({ tags }: ImageView, patterns: readonly string[]): readonly string[] {
  return tags.filter((tag) =>
    patterns.some((pattern) => matchesReference(pattern, parseReference(tag))),
  );
}

/** One of Docker's words for true and false; a key with both, or with neither, is refused. */
function readFlag(key: string, values: readonly string[]): boolean {
  const meant = new Set(values.map(readBoolean));
  const [first] = meant;
  if (meant.size === 1 && first !== undefined) return first;
  throw new EngineError("invalid", `invalid filter '${key}=[${values.join(" ")}]'`);
}

function readBoolean(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}

/** Images that do not say when they were made are older than all others. */
function toNs(time: string): bigint {
  return parseTime(time) ?? 0n;
}
