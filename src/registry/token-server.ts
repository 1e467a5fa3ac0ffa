import { EngineError } from "../base/errors.ts";
import { type Fields, parseFields, sizeOf, textOf } from "../oci/json-fields.ts";
import type { Answer } from "./answer.ts";
import { basicHeader, type Credentials } from "./credentials.ts";
import { requestError } from "./network-error.ts";
import { sendFollowing } from "./redirects.ts";
import { formatEntries, toRegistryError } from "./registry-error.ts";
import { TransientError } from "./retry.ts";
import type { HttpRequest, Transport } from "./transport.ts";

/** What to ask a token server for. https://distribution.github.io/distribution/spec/auth/token/ */
export interface TokenRequest {
  readonly realm: URL;
  readonly service: string;
  readonly scopes: readonly string[];
  readonly credentials: Credentials;
  /** Also an identity token, which replaces the password from then on. */
  readonly wantsIdentity: boolean;
}

/** What a token server gave. */
export interface Token {
  readonly text: string;
  readonly expiresAtMs: number;
  /** Empty where the server gave none. */
  readonly identityToken: string;
}

const CLIENT_ID = "docker";
const MAX_BODY_BYTES = 1_048_576;
/** "For compatibility with older clients, a token should never be returned with less than 60 seconds to live." */
const MIN_LIFE_S = 60;
const MAX_LIFE_S = 86_400;
/** What cannot be in a header must not be sent in one. */
const TOKEN = /^[\x21-\x7e]{1,65536}$/;

/**
 * Reads the address of a token server out of a challenge. A registry can write anything there, and
 * passwords are sent to it: so an encrypted registry must name an encrypted one.
 */
export function parseRealm(text: string, registry: URL): URL {
  const realm = URL.parse(text);
  const problem = realm === null ? "it is no URL" : problemOf(realm, registry);
  if (realm !== null && problem === undefined) return realm;
  throw new EngineError(
    "unavailable",
    `Cannot authenticate with ${registry.host}: it sends to the token server "${text.slice(0, 200)}": ${problem}`,
  );
}

/** Gets a token: with GET as Docker does, and with POST as OAuth 2 wants it for identity tokens. */
export async function fetchToken(
  transport: Transport,
  request: TokenRequest,
  signal: AbortSignal,
): Promise<Token> {
  const answer = await sendFirst(transport, request, signal);
  if (answer.status !== 200) throw await toTokenError(answer, request);
  const body = await answer.readWhole(MAX_BODY_BYTES, "a token");
  return parseToken(new TextDecoder().decode(body), request.realm);
}

async function sendFirst(
  transport: Transport,
  request: TokenRequest,
  signal: AbortSignal,
): Promise<Answer> {
  if (request.credentials.kind === "identity-token") {
    return transport.send({ ...toPost(request), signal });
  }
  const answer = await sendFollowing(transport, { ...toGet(request), signal });
  const hasOnlyPost = answer.status === 404 || answer.status === 405;
  if (!hasOnlyPost || request.credentials.kind !== "basic") return answer;
  await answer.discard();
  return transport.send({ ...toPost(request), signal });
}

function toGet(request: TokenRequest): Omit<HttpRequest, "signal"> {
  const { realm, service, scopes, credentials, wantsIdentity } = request;
  const url = new URL(realm);
  if (service !== "") url.searchParams.append("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (wantsIdentity) {
    url.searchParams.append("offline_token", "true");
    url.searchParams.append("client_id", CLIENT_ID);
  }
  if (credentials.kind !== "basic") return { method: "GET", url };
  url.searchParams.append("account", credentials.username);
  const authorization = basicHeader(credentials.username, credentials.password);
  return { method: "GET", url, headers: { authorization } };
}

function toPost(request: TokenRequest): Omit<HttpRequest, "signal"> {
  const { realm, service, scopes, credentials, wantsIdentity } = request;
  const form = new URLSearchParams({ client_id: CLIENT_ID, service, scope: scopes.join(" ") });
  if (credentials.kind === "identity-token") {
    form.set("grant_type", "refresh_token");
    form.set("refresh_token", credentials.token);
  } else if (credentials.kind === "basic") {
    form.set("grant_type", "password");
    form.set("username", credentials.username);
    form.set("password", credentials.password);
  }
  if (wantsIdentity) form.set("access_type", "offline");
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { method: "POST", url: realm, headers, body: form.toString() };
}

function parseToken(text: string, realm: URL): Token {
  const fields = parseFields(text, `the token of ${realm.host}`);
  const token = textOf(fields, "token") || textOf(fields, "access_token");
  if (!TOKEN.test(token)) {
    throw new EngineError(
      "unavailable",
      token === ""
        ? `authorization server ${realm.host} did not include a token in the response`
        : `Cannot use the token of ${realm.host}: it has characters that no header can hold, or is too long`,
    );
  }
  return {
    text: token,
    expiresAtMs: Date.now() + lifeOf(fields) * 1000,
    identityToken: textOf(fields, "refresh_token"),
  };
}

function lifeOf(fields: Fields): number {
  return Math.min(MAX_LIFE_S, Math.max(MIN_LIFE_S, sizeOf(fields, "expires_in") ?? 0));
}

async function toTokenError(answer: Answer, { realm, scopes }: TokenRequest): Promise<Error> {
  const { status, request } = answer;
  const error = await toRegistryError(answer, { name: scopes.join(" "), actions: "push" });
  if (error instanceof TransientError) return error;
  if (status !== 401 && status !== 400) return error;
  const message = formatEntries([
    { code: "UNAUTHORIZED", message: "incorrect username or password" },
  ]);
  const reason = error.message.startsWith("unauthorized: ") ? error.message : message;
  const asked = { method: request.method, url: new URL(realm.origin + realm.pathname) };
  return new EngineError("unauthorized", requestError(asked, reason).message);
}

function problemOf(realm: URL, registry: URL): string | undefined {
  if (realm.protocol !== "https:" && realm.protocol !== "http:") {
    return "only http and https are spoken";
  }
  if (registry.protocol === "https:" && realm.protocol === "http:") {
    return "the registry is reached with https, so https is wanted here too";
  }
  return realm.username === "" && realm.password === "" ? undefined : "it must hold no credentials";
}
