import { type Flag, type FlagNotes, list } from "../flags/flag.ts";
import { splitCsv } from "./csv.ts";

/** Texts in the order given, where one option may hold several with commas between them. */
export function strings(about: string, notes: FlagNotes = {}): Flag<readonly string[]> {
  return {
    ...list(about, { label: "strings", ...notes }),
    parse: (written, before) => (written === "" ? before : [...before, ...splitCsv(written)]),
  };
}
