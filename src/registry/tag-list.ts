import { EngineError } from "../base/errors.ts";
import { findTexts, parseFields } from "../oci/json-fields.ts";
import type { Connection } from "./connection.ts";
import { findNextLink } from "./header-values.ts";

const LIMITS = { maxBytes: 4 * 1024 * 1024, what: "a list of tags" };
const MAX_PAGES = 1000;
const MAX_TAGS = 100_000;

/** All tags of a repository, of all pages. */
export async function listTags(connection: Connection, path: string): Promise<readonly string[]> {
  const tags: string[] = [];
  let target: string | URL | undefined = `/v2/${path}/tags/list`;
  for (let page = 0; target !== undefined; page += 1) {
    const { answer, body } = await connection.requestWhole({ method: "GET", target }, LIMITS);
    const fields = parseFields(new TextDecoder().decode(body), `the tags of ${path}`);
    tags.push(...(findTexts(fields, "tags") ?? []));
    if (tags.length > MAX_TAGS || page >= MAX_PAGES) throw tooMany(path);
    target = nextPage(answer.url, findNextLink(answer.headers.get("link")));
  }
  return tags;
}

function nextPage(current: URL, link: string | undefined): URL | undefined {
  if (link === undefined) return undefined;
  const next = URL.parse(link, current.href);
  // The next page is at the same server: nothing else may have the credentials, or be asked at all.
  if (next === null || next.origin !== current.origin || next.href === current.href) {
    throw new EngineError(
      "unavailable",
      `Cannot list the tags at ${current.host}: the next page is said to be at "${link.slice(0, 200)}"`,
    );
  }
  return next;
}

function tooMany(path: string): EngineError {
  return new EngineError(
    "unavailable",
    `Cannot list the tags of ${path}: there are more than ${MAX_TAGS}, or more than ${MAX_PAGES} pages`,
  );
}
