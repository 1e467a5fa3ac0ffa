import type { Flag, FlagNotes } from "../flags/flag.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";

export type Pairs = Readonly<Record<string, string>>;

/** `key=value` options, gathered; the check can refuse one. */
export function pairs(
  about: string,
  check: (written: string) => string = (written) => written,
  notes: FlagNotes = {},
): Flag<Pairs> {
  return {
    label: "map",
    about,
    initial: {},
    shownDefault: "map[]",
    parse: (written, before) => ({ ...before, ...toPairs([check(written)]) }),
    ...notes,
  };
}

/** `key=value` texts by key; without a value the key has an empty one. The last of a key counts. */
export function toPairs(texts: readonly string[]): Pairs {
  return Object.fromEntries(
    texts.map((text) => {
      const [key, value = ""] = splitAtFirst(text, "=");
      return [key, value];
    }),
  );
}
