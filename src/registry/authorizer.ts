import { EngineError } from "../base/errors.ts";
import type { Challenge } from "./challenge.ts";
import { basicHeader, type Credentials } from "./credentials.ts";
import { type RetryPolicy, retry } from "./retry.ts";
import type { TokenCache } from "./token-cache.ts";
import { fetchToken, parseRealm, type Token, type TokenRequest } from "./token-server.ts";
import type { Transport } from "./transport.ts";

/** What an authorizer works with. */
export interface AuthorizerParts {
  readonly transport: Transport;
  readonly tokens: TokenCache;
  readonly policy: RetryPolicy;
}

/** Answers the challenges of one registry with one user's credentials. */
export class Authorizer {
  readonly #parts: AuthorizerParts;
  readonly #credentials: Credentials;
  readonly #underWay = new Map<string, Promise<Token>>();
  #challenges: readonly Challenge[] = [];

  constructor(parts: AuthorizerParts, credentials: Credentials) {
    this.#parts = parts;
    this.#credentials = credentials;
  }

  /** Takes note of what the registry asks for. */
  setChallenges(challenges: readonly Challenge[]): void {
    if (challenges.length > 0) this.#challenges = challenges;
  }

  /** The Authorization header for requests to `registry`; undefined where it asks for none. */
  async findHeader(registry: URL, scopes: readonly string[]): Promise<string | undefined> {
    if (this.#credentials.kind === "registry-token") return `Bearer ${this.#credentials.token}`;
    const request = this.#findTokenRequest(registry, scopes);
    if (request !== undefined) return `Bearer ${(await this.#getToken(request)).text}`;
    if (!this.#challenges.some(({ scheme }) => scheme === "basic")) return undefined;
    if (this.#credentials.kind !== "basic") {
      throw new EngineError("unauthorized", "no basic auth credentials");
    }
    return basicHeader(this.#credentials.username, this.#credentials.password);
  }

  /** Gets a token that comes with an identity token, or undefined where the registry has no token server. */
  async findLoginToken(registry: URL): Promise<Token | undefined> {
    const request = this.#findTokenRequest(registry, []);
    if (request === undefined) return undefined;
    return this.#fetch({ ...request, wantsIdentity: true });
  }

  /** Forgets a token that the registry did not take. Whether asking again can make a difference. */
  renew(registry: URL, scopes: readonly string[], header: string | undefined): boolean {
    const request = this.#findTokenRequest(registry, scopes);
    if (request === undefined) return header === undefined && this.#challenges.length > 0;
    if (header !== undefined) {
      this.#parts.tokens.remove(request, header.replace(/^Bearer /, ""));
    }
    return true;
  }

  #findTokenRequest(registry: URL, scopes: readonly string[]): TokenRequest | undefined {
    if (this.#credentials.kind === "registry-token") return undefined;
    const challenge = this.#challenges.find(
      ({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"),
    );
    if (challenge === undefined) return undefined;
    return {
      realm: parseRealm(challenge.parameters.get("realm") ?? "", registry),
      service: challenge.parameters.get("service") ?? "",
      scopes: [...new Set(scopes)],
      credentials: this.#credentials,
      wantsIdentity: false,
    };
  }

  /** Layers that come side by side share one request. */
  async #getToken(request: TokenRequest): Promise<Token> {
    const known = this.#parts.tokens.find(request);
    if (known !== undefined) return known;
    const key = JSON.stringify([request.realm.href, request.service, request.scopes]);
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const fetched = this.#fetch(request).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, fetched);
    return fetched;
  }

  async #fetch(request: TokenRequest): Promise<Token> {
    const { transport, tokens, policy } = this.#parts;
    const token = await retry(policy, () => fetchToken(transport, request, policy.signal));
    tokens.add(request, token);
    return token;
  }
}
