import { expect, test } from "bun:test";
import { BadRegistry } from "../../test/support/bad-registry.ts";
import { TestRegistry } from "../../test/support/registry.ts";
import { makeClient, USER } from "../../test/support/registry-user.ts";
import { ANONYMOUS } from "./credentials.ts";
import { parseSearchTerm } from "./search.ts";

const { signal } = new AbortController();
const ANYBODY = { credentials: ANONYMOUS, signal };

test.each([
  ["redis", "index.docker.io", "redis"],
  ["user/app", "index.docker.io", "user/app"],
  ["library/redis", "index.docker.io", "redis"],
  ["docker.io/library/redis", "index.docker.io", "redis"],
  ["localhost/redis", "localhost", "redis"],
  ["host:5000/a/b", "host:5000", "a/b"],
])("the search term %s is for %s and %s", (text, host, term) => {
  expect(parseSearchTerm(text)).toMatchObject({ host, term });
});

test("a search asks the index and reads what it found", async () => {
  await using index = await BadRegistry.start((request, reply) => {
    if (request.path === "/v1/_ping") return reply.send(200);
    return reply.sendJson(200, {
      results: [{ name: "app", description: "does", star_count: 7, is_official: true }],
    });
  });
  const query = { limit: 3, credentials: USER, signal };
  expect(await makeClient().search(`${index.host}/a&b`, query)).toEqual([
    { name: "app", description: "does", starCount: 7, isOfficial: true, isAutomated: false },
  ]);
  expect(index.requests.at(-1)?.path).toBe("/v1/search?q=a%26b&n=3");
  expect(index.requests.at(-1)?.header("authorization")).toBe("Basic dXNlcjpzZWNyZXQ=");
});

test("what cannot be searched is told in Docker's words", async () => {
  const client = makeClient();
  await using registry = await TestRegistry.start();
  await expect(client.search(`${registry.host}/a`, ANYBODY)).rejects.toThrow(
    /^Unexpected status code 404$/,
  );
  await expect(client.search("a", { ...ANYBODY, limit: 200 })).rejects.toMatchObject({
    kind: "invalid",
    message: "Limit 200 is outside the range of [1, 100]",
  });
  await expect(client.search("127.0.0.1:1/a", ANYBODY)).rejects.toThrow(
    'invalid registry endpoint http://127.0.0.1:1/v1/: Get "http://127.0.0.1:1/v1/_ping": dial tcp 127.0.0.1:1: connect: connection refused',
  );
});
