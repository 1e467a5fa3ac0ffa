import { type Flag, type FlagNotes, text } from "./flag.ts";

const TABLE_NOTE = `'table':            Print output in table format with column headers (default)
'table TEMPLATE':   Print output in table format using the given Go template
`;
const FORMAT_NOTE = `'json':             Print in JSON format
'TEMPLATE':         Print output using the given Go template`;

/** `--format` of a list. */
export function listFormat(): Flag<string> {
  return text(`Format output using a custom template:\n${TABLE_NOTE}${FORMAT_NOTE}`);
}

/** `--format` of one thing. */
export function format(notes: FlagNotes = {}): Flag<string> {
  return text(`Format output using a custom template:\n${FORMAT_NOTE}`, notes);
}

type Filters = Readonly<Record<string, readonly string[]>>;

/** `--filter`, which can be given again and again. */
export function filter(notes: FlagNotes = {}): Flag<Filters> {
  return {
    label: "filter",
    about: "Filter output based on conditions provided",
    initial: {},
    parse: addFilter,
    ...notes,
  };
}

function addFilter(written: string, before: Filters): Filters {
  if (written === "") return before;
  const at = written.indexOf("=");
  if (at < 0) throw new Error("bad format of filter (expected name=value)");
  const key = written.slice(0, at).trim().toLowerCase();
  return { ...before, [key]: [...(before[key] ?? []), written.slice(at + 1).trim()] };
}

/** `--detach-keys`. */
export function detachKeys(): Flag<string> {
  return text("Override the key sequence for detaching a container");
}
