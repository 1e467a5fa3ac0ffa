import { EngineError } from "../../base/errors.ts";
import type { Filters } from "../../engine/filters.ts";
import type { SearchResult } from "../../engine/registry-facade.ts";

/** One repository of `GET /images/search`. */
export function toSearchJson(found: SearchResult) {
  return {
    star_count: found.starCount,
    is_official: found.isOfficial,
    name: found.name,
    is_automated: found.isAutomated,
    description: found.description,
  };
}

type Test = (found: SearchResult) => boolean;

const TESTS: Readonly<Record<string, (value: string) => Test>> = {
  stars: (value) => {
    if (!/^\d{1,9}$/.test(value)) throw invalid("stars", value);
    return ({ starCount }) => starCount >= Number(value);
  },
  "is-official": (value) => {
    const wanted = readFlag("is-official", value);
    return ({ isOfficial }) => isOfficial === wanted;
  },
  "is-automated": (value) => {
    const wanted = readFlag("is-automated", value);
    return ({ isAutomated }) => isAutomated === wanted;
  },
};

/** The filters of a search, which are the daemon's work: registries have none. */
export function compileSearchFilters(filters: Filters): Test {
  const tests = Object.entries(filters).flatMap(([key, values]) => {
    const make = Object.hasOwn(TESTS, key) ? TESTS[key] : undefined;
    if (make === undefined) throw new EngineError("invalid", `invalid filter '${key}'`);
    return values.map(make);
  });
  return (found) => tests.every((test) => test(found));
}

function readFlag(key: string, value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw invalid(key, value);
}

function invalid(key: string, value: string): EngineError {
  return new EngineError("invalid", `invalid filter '${key}=[${value}]'`);
}
