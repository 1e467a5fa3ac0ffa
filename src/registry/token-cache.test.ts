import { expect, test } from "bun:test";
import { ANONYMOUS } from "./credentials.ts";
import { TokenCache } from "./token-cache.ts";
import type { Token, TokenRequest } from "./token-server.ts";

const REQUEST: TokenRequest = {
  realm: new URL("https://auth.test/token"),
  service: "registry.test",
  scopes: ["repository:a:pull", "repository:b:pull"],
  credentials: { kind: "basic", username: "user", password: "secret" },
  wantsIdentity: false,
};

test("a token is found again for the same wish, in whatever order, and for no other", () => {
  const cache = new TokenCache();
  const token = tokenFor(300);
  cache.add(REQUEST, token);
  expect(cache.find({ ...REQUEST, scopes: REQUEST.scopes.toReversed() })).toBe(token);
  for (const other of [
    { realm: new URL("https://auth.test/other") },
    { service: "other.test" },
    { scopes: ["repository:a:pull"] },
    { credentials: ANONYMOUS },
    { credentials: { kind: "basic", username: "user", password: "other" } },
  ] as const) {
    expect(cache.find({ ...REQUEST, ...other })).toBeUndefined();
  }
});

test("a token that ends soon is not used any more", () => {
  const cache = new TokenCache();
  cache.add(REQUEST, tokenFor(5));
  expect(cache.find(REQUEST)).toBeUndefined();
});

test("only the token that was refused is forgotten", () => {
  const cache = new TokenCache();
  cache.add(REQUEST, tokenFor(300, "new"));
  cache.remove(REQUEST, "old");
  expect(cache.find(REQUEST)?.text).toBe("new");
  cache.remove(REQUEST, "new");
  expect(cache.find(REQUEST)).toBeUndefined();
});

test("of many tokens the ones that were used last stay", () => {
  const cache = new TokenCache();
  const requestOf = (index: number) => ({ ...REQUEST, service: `${index}` });
  for (let index = 0; index < 256; index += 1) cache.add(requestOf(index), tokenFor(300));
  cache.find(requestOf(0));
  cache.add(requestOf(256), tokenFor(300));
  expect(cache.find(requestOf(0))).toBeDefined();
  expect(cache.find(requestOf(1))).toBeUndefined();
});

function tokenFor(seconds: number, text = "token"): Token {
  return { text, expiresAtMs: Date.now() + seconds * 1000, identityToken: "" };
}
