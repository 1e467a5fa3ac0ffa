import { ImageApi } from "../../client/images.ts";
import type { SearchResult } from "../../client/wire.ts";
import { command } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { int } from "../flags/numbers.ts";
import { filter } from "../flags/shared-flags.ts";
import { printRows, type Row, type RowFormat } from "../format/print-rows.ts";
import { ellipsis } from "../format/units.ts";
import { print } from "../io.ts";
import { findRegistryAuth } from "../registry/registry-auth.ts";

const FORMAT: RowFormat = {
  headings: {
    Name: "NAME",
    Description: "DESCRIPTION",
    StarCount: "STARS",
    IsOfficial: "OFFICIAL",
  },
  columns: ["Name", "Description", "StarCount", "IsOfficial"],
};

const DESCRIPTION_WIDTH = 45;

const DEPRECATED =
  'WARNING: the "is-automated" filter is deprecated, and searching for "is-automated=true" will not yield any results in future.\n';

export const search = command({
  usage: "[OPTIONS] TERM",
  operands: { min: 1, max: 1 },
  flags: {
    filter: filter({ short: "f" }),
    format: text("Pretty-print search using a Go template"),
    limit: int("Max number of search results", { initial: 0 }),
    "no-trunc": bool("Don't truncate output"),
  },
  async run({ flags, operands, io, connect }) {
    const [term = ""] = operands;
    if (flags.filter["is-automated"] !== undefined) await print(io.stderr, DEPRECATED);
    const auth = await findRegistryAuth(registryOf(term), io);
    const images = new ImageApi(await connect({ start: true }));
    const found = await images.search(term, { auth, limit: flags.limit, filters: flags.filter });
    const isJson = flags.format.trim() === "json";
    const rows = found.map((result) => toRow(result, { whole: flags["no-trunc"], isJson }));
    await printRows(io, rows, { format: FORMAT, written: flags.format, quiet: false });
    return 0;
  },
});

/** Where the term is looked for, so far as the client can tell. */
function registryOf(term: string): string {
  const slash = term.indexOf("/");
  const first = slash < 0 ? "" : term.slice(0, slash);
  const isRegistry = /[.:]/.test(first) || first === "localhost";
  return isRegistry && first !== "index.docker.io" ? first : "docker.io";
}

function toRow(result: SearchResult, options: { whole: boolean; isJson: boolean }): Row {
  const description = result.description.replaceAll("\n", " ").replaceAll("\r", " ");
  return {
    Name: result.name,
    Description: options.whole ? description : ellipsis(description, DESCRIPTION_WIDTH),
    StarCount: String(result.star_count),
    IsOfficial: formatOfficial(result.is_official, options.isJson),
  };
}

function formatOfficial(isOfficial: boolean, isJson: boolean): string {
  if (isJson) return String(isOfficial);
  return isOfficial ? "[OK]" : "";
}
