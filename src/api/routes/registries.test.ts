import { describe, expect, test } from "bun:test";
import { startApi, type TestApi } from "../../../test/support/api.ts";

/** The lines of a stream, each taken apart. */
function linesOf(text: string): readonly Record<string, unknown>[] {
  return text
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function ask(api: TestApi, path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`http://d${path}`, { unix: api.path, method: "POST", headers });
  return { status: answer.status, text: await answer.text() };
}

describe("a pull", () => {
  test.each<[string, string, boolean]>([
    ["fromImage=x&tag=1", "x:1", false],
    ["fromImage=x:1", "x:1", false],
    ["fromImage=host:5000/x", "host:5000/x", true],
    ["fromImage=x", "x", true],
    [`fromImage=x&tag=sha256:${"a".repeat(64)}`, `x@sha256:${"a".repeat(64)}`, false],
    [`fromImage=x@sha256:${"a".repeat(64)}`, `x@sha256:${"a".repeat(64)}`, false],
  ])("of %s is of %s, all tags: %p", async (query, ref, allTags) => {
    await using api = await startApi();
    await ask(api, `/images/create?${query}`);
    expect(api.engine.registries.pulls).toMatchObject([{ ref, allTags }]);
  });

  test("tells its lines as Docker does", async () => {
    await using api = await startApi();
    const { status, text } = await ask(api, "/images/create?fromImage=x&tag=latest");
    expect(status).toBe(200);
    expect(linesOf(text)).toEqual([
      { status: "Pulling from library/x", progressDetail: {}, id: "latest" },
      {
        status: "Downloading",
        progressDetail: { current: 5_000_000, total: 10_000_000 },
        progress: `[${"=".repeat(25)}>${" ".repeat(25)}]     5MB/10MB`,
        id: "abc",
      },
      { status: "Status: Downloaded newer image for x:latest" },
    ]);
  });

  test("that fails before its first line has a status, and later a line of its own", async () => {
    await using api = await startApi();
    const early = await ask(api, "/images/create?fromImage=nope");
    expect([early.status, JSON.parse(early.text)]).toEqual([
      404,
      { message: "pull access denied" },
    ]);
    const late = await ask(api, "/images/create?fromImage=half");
    expect(late.status).toBe(200);
    expect(linesOf(late.text).at(-1)).toEqual({
      errorDetail: { message: "it broke" },
      error: "it broke",
    });
  });

  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

  test.each<[string, object]>([
    [encode({ username: "u", password: "p" }), { kind: "basic", username: "u", password: "p" }],
    [encode({ identitytoken: "t" }), { kind: "identity-token", token: "t", username: "" }],
    [encode({ registrytoken: "r" }), { kind: "registry-token", token: "r" }],
    [encode({}), { kind: "none" }],
    [encode([]), { kind: "none" }],
    ["%%% no base64 of JSON", { kind: "none" }],
  ])("with X-Registry-Auth %p comes as %j", async (header, credentials) => {
    await using api = await startApi();
    const headers = { "X-Registry-Auth": header, "X-Meta-Trace": "1", "X-Other": "2" };
    await ask(api, "/images/create?fromImage=x", headers);
    expect(api.engine.registries.pulls).toMatchObject([
      { credentials, headers: { "x-meta-trace": "1" } },
    ]);
  });

  test("has a platform from API 1.32 on", async () => {
    await using api = await startApi();
    for (const version of ["v1.31", "v1.32"]) {
      await ask(api, `/${version}/images/create?fromImage=x&platform=linux/arm64`);
    }
    expect(api.engine.registries.pulls.map(({ platform }) => platform)).toEqual([
      undefined,
      "linux/arm64",
    ]);
  });
});

describe("a push", () => {
  test("tells its lines, and what it came to", async () => {
    await using api = await startApi();
    const { text } = await ask(api, "/images/host:5000/a/b/push?tag=1");
    expect(api.engine.registries.pushes).toMatchObject([{ ref: "host:5000/a/b", tag: "1" }]);
    expect(linesOf(text)).toEqual([
      { status: "The push refers to repository [docker.io/library/x]" },
      { progressDetail: {}, aux: expect.objectContaining({ Tag: "latest" }) },
    ]);
  });

  test("has a platform as JSON, from API 1.46 on", async () => {
    await using api = await startApi();
    const platform = encodeURIComponent('{"os":"linux","architecture":"arm","variant":"v7"}');
    await ask(api, `/v1.45/images/x/push?platform=${platform}`);
    await ask(api, `/v1.46/images/x/push?platform=${platform}`);
    expect(api.engine.registries.pushes.map((push) => push.platform)).toEqual([
      undefined,
      "linux/arm/v7",
    ]);
    const bad = await ask(api, "/images/x/push?platform=linux/arm");
    expect([bad.status, bad.text]).toEqual([400, '{"message":"invalid platform: linux/arm"}\n']);
  });
});

describe("a search", () => {
  test.each<[string, readonly string[]]>([
    ["", ["x", "y"]],
    ['{"stars":["2"]}', ["x"]],
    ['{"is-official":{"false":true}}', ["y"]],
  ])("with the filters %p finds %j", async (filters, names) => {
    await using api = await startApi();
    const query = `term=x&filters=${encodeURIComponent(filters)}`;
    const { text } = await api.ask("GET", `/images/search?${query}`);
    expect(JSON.parse(text).map(({ name }: { name: string }) => name)).toEqual([...names]);
  });

  test.each([
    ["term=", "search term is required"],
    ['term=x&filters={"x":["1"]}', "invalid filter 'x'"],
    ['term=x&filters={"stars":["many"]}', "invalid filter 'stars=[many]'"],
    ['term=x&filters={"is-official":["2"]}', "invalid filter 'is-official=[2]'"],
  ])("of %p is refused", async (query, message) => {
    await using api = await startApi();
    const answer = await api.ask("GET", `/images/search?${query}`);
    expect([answer.status, answer.json]).toEqual([400, { message }]);
  });
});

test("GET /distribution tells what a name stands for", async () => {
  await using api = await startApi();
  const { json } = await api.ask("GET", "/distribution/a/b:1/json");
  expect(json).toEqual({
    Descriptor: { mediaType: "m", digest: `sha256:${"d".repeat(64)}`, size: 3 },
    Platforms: [{ architecture: "arm64", os: "linux", variant: "v8" }],
  });
});

test("POST /auth tells whether a registry takes the credentials", async () => {
  await using api = await startApi();
  const good = await api.ask("POST", "/auth", { username: "u", password: "p" });
  expect([good.status, good.json]).toEqual([200, { IdentityToken: "", Status: "Login Succeeded" }]);
  const bad = await api.ask("POST", "/auth", { serveraddress: "nope" });
  expect([bad.status, bad.json]).toEqual([401, { message: "wrong password" }]);
});
