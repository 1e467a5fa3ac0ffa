import { EngineError } from "../base/errors.ts";
import {
  asFields,
  type Fields,
  fieldOf,
  findList,
  parseFields,
  sizeOf,
  textOf,
} from "../oci/json-fields.ts";
import { basicHeader, type Credentials } from "./credentials.ts";
import { urlBelow } from "./endpoints.ts";
import { sendFollowing } from "./redirects.ts";
import { type RetryPolicy, retry, TransientError } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** A repository that a search found. */
export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly starCount: number;
  readonly isOfficial: boolean;
  readonly isAutomated: boolean;
}

/** Whom to ask, and for what. */
export interface SearchPlan {
  /** With its port. */
  readonly host: string;
  readonly isHub: boolean;
  readonly term: string;
}

/** What a search works with. */
export interface SearchParts {
  readonly transport: Transport;
  readonly policy: RetryPolicy;
  readonly credentials: Credentials;
}

const HUB_HOST = "index.docker.io";
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Reads a search's term, which may begin with the registry to search. */
export function parseSearchTerm(text: string): SearchPlan {
  if (text.includes("://")) {
    throw new EngineError("invalid", `invalid repository name: "${text}": a term has no scheme`);
  }
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(0, slash));
  const hasHost = /[.:]/.test(first) || first === "localhost";
  const isHub = !hasHost || first === "docker.io" || first === HUB_HOST;
  const term = hasHost ? text.slice(slash + 1) : text;
  return {
    host: isHub ? HUB_HOST : first,
    isHub,
    term: isHub ? term.replace(/^library\//, "") : term,
  };
}

/** Searches with the index's API v1, which is the only one that can. */
export async function searchIndex(
  plan: SearchPlan,
  limit: number | undefined,
  parts: SearchParts,
): Promise<readonly SearchResult[]> {
  const wanted = limit === undefined || limit === 0 ? DEFAULT_LIMIT : limit;
  if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > MAX_LIMIT) {
    throw new EngineError("invalid", `Limit ${limit} is outside the range of [1, ${MAX_LIMIT}]`);
  }
  const base = plan.isHub ? new URL(`https://${plan.host}`) : await findBase(plan, parts);
  const query = new URLSearchParams({ q: plan.term, n: String(wanted) });
  const body = await get(urlBelow(base, `/v1/search?${query}`), parts);
  return parseResults(new TextDecoder().decode(body), plan.host);
}

/** Where the index answers: with TLS, and for insecure hosts then without. */
async function findBase({ host }: SearchPlan, parts: SearchParts): Promise<URL> {
  const secure = URL.parse(`https://${host}`);
  if (secure === null) throw new EngineError("invalid", `Invalid registry "${host}"`);
  const isInsecure = await parts.transport.insecureHosts.has(secure.host);
  let last: unknown;
  for (const base of isInsecure ? [secure, new URL(`http://${host}`)] : [secure]) {
    try {
      const url = urlBelow(base, "/v1/_ping");
      const { signal } = parts.policy;
      await (await sendFollowing(parts.transport, { method: "GET", url, signal })).discard();
      return base;
    } catch (error) {
      parts.policy.signal.throwIfAborted();
      last = error;
    }
  }
  const reason = last instanceof Error ? last.message : String(last);
  const hint = isInsecure
    ? ""
    : `. If this private registry supports only HTTP or HTTPS with an unknown CA certificate, please add \`--insecure-registry ${host}\` to the daemon's arguments. In the case of HTTPS, if you have access to the registry's CA certificate, no need for the flag; simply place the CA certificate at /etc/docker/certs.d/${host}/ca.crt`;
  const scheme = isInsecure ? "http" : "https";
  throw new EngineError(
    "unavailable",
    `invalid registry endpoint ${scheme}://${host}/v1/: ${reason}${hint}`,
    { cause: last },
  );
}

function get(url: URL, { transport, policy, credentials }: SearchParts): Promise<Uint8Array> {
  const headers: Readonly<Record<string, string>> =
    credentials.kind === "basic"
      ? { authorization: basicHeader(credentials.username, credentials.password) }
      : {};
  const { signal } = policy;
  return retry(policy, async () => {
    const answer = await sendFollowing(transport, { method: "GET", url, headers, signal });
    if (answer.status === 200) return answer.readWhole(MAX_BODY_BYTES, "search results");
    await answer.discard();
    const error = unexpected(answer.status);
    throw answer.status === 429 || answer.status >= 500 ? new TransientError(error) : error;
  });
}

function parseResults(text: string, host: string): readonly SearchResult[] {
  const fields = parseFields(text, `the search results of ${host}`);
  return (findList(fields, "results") ?? []).map((value) => {
    const result = asFields(value, "a search result");
    return {
      name: textOf(result, "name"),
      description: textOf(result, "description"),
      starCount: sizeOf(result, "star_count") ?? 0,
      isOfficial: isTrue(result, "is_official"),
      isAutomated: isTrue(result, "is_automated"),
    };
  });
}

function isTrue(fields: Fields, key: string): boolean {
  return fieldOf(fields, key) === true;
}

function unexpected(status: number): EngineError {
  return new EngineError(
    status === 401 ? "unauthorized" : "unavailable",
    `Unexpected status code ${status}`,
  );
}
