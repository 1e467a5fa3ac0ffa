import { digestOf } from "../oci/digest.ts";
import type { Token, TokenRequest } from "./token-server.ts";

const MAX_TOKENS = 256;
/** A token is renewed this long before it ends, so that it does not end on the way. */
const MARGIN_MS = 10_000;

/** The tokens that are good for a while yet; the one that was not used for longest goes first. */
export class TokenCache {
  readonly #tokens = new Map<string, Token>();

  find(request: TokenRequest): Token | undefined {
    const key = keyOf(request);
    const token = this.#tokens.get(key);
    if (token === undefined) return undefined;
    this.#tokens.delete(key);
    if (token.expiresAtMs - MARGIN_MS <= Date.now()) return undefined;
    this.#tokens.set(key, token);
    return token;
  }

  add(request: TokenRequest, token: Token): void {
    this.#tokens.set(keyOf(request), token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Forgets a token that the registry refused, and no newer one. */
  remove(request: TokenRequest, text: string): void {
    const key = keyOf(request);
    if (this.#tokens.get(key)?.text === text) this.#tokens.delete(key);
  }
}

/** A digest, so that no password stays in memory longer than its owner wants. */
function keyOf({ realm, service, scopes, credentials }: TokenRequest): string {
  return digestOf(JSON.stringify([realm.href, service, [...scopes].sort(), credentials]));
}
