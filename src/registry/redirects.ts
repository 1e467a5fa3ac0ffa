import { EngineError } from "../base/errors.ts";
import type { Answer } from "./answer.ts";
import { type HttpRequest, isStream, type Transport } from "./transport.ts";

const MAX_REDIRECTS = 10;
const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** With these the method and the body stay. */
const KEEPING: ReadonlySet<number> = new Set([307, 308]);

/**
 * Sends a request and follows where the server points. Credentials go to the first server alone, an
 * encrypted way stays one, and only HTTP is followed.
 */
export async function sendFollowing(transport: Transport, request: HttpRequest): Promise<Answer> {
  const seen = new Set([request.url.href]);
  for (let current = request; ; ) {
    const answer = await transport.send(current);
    const location = answer.headers.get("location");
    if (!STATUSES.has(answer.status) || location === null || !canFollow(current, answer)) {
      return answer;
    }
    await answer.discard();
    const url = await resolveLocation(transport, { location, from: answer.url });
    if (seen.has(url.href)) throw refused(answer.url, `it goes in a circle, by ${url.href}`);
    if (seen.size > MAX_REDIRECTS) {
      throw refused(request.url, `stopped after ${MAX_REDIRECTS} redirects`);
    }
    seen.add(url.href);
    current = { ...current, url, headers: headersFor(current, url) };
  }
}

/** A Location as a URL that may be asked: of HTTP, and not in the clear where it was encrypted before. */
export async function resolveLocation(
  transport: Transport,
  { location, from }: { readonly location: string; readonly from: URL },
): Promise<URL> {
  const url = URL.parse(location, from.href);
  if (url === null) throw refused(from, `"${location.slice(0, 200)}" is no URL`);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw refused(from, `it leads to "${url.protocol}", and only http and https are followed`);
  }
  const isDowngrade = from.protocol === "https:" && url.protocol === "http:";
  if (isDowngrade && !(await transport.insecureHosts.has(url.host))) {
    throw refused(from, `it leads from https to http, to ${url.host}`);
  }
  // A name and password in it would become credentials of the request.
  url.username = "";
  url.password = "";
  url.hash = "";
  return url;
}

function canFollow({ method, body }: HttpRequest, { status }: Answer): boolean {
  if (method === "GET" || method === "HEAD") return true;
  return KEEPING.has(status) && !isStream(body);
}

function headersFor({ url: from, headers = {} }: HttpRequest, to: URL): Record<string, string> {
  const isSameServer = from.origin === to.origin;
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => isSameServer || !["authorization", "cookie"].includes(name.toLowerCase()),
    ),
  );
}

function refused(from: URL, reason: string): EngineError {
  return new EngineError("unavailable", `Cannot follow the redirect of ${from.origin}: ${reason}`);
}
