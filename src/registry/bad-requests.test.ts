import { expect, test } from "bun:test";
import { BadRegistry, type Script } from "../../test/support/bad-registry.ts";
import { openRepository } from "../../test/support/registry-user.ts";
import { digestOf } from "../oci/digest.ts";

const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: "a/b", manifests: [] });
const HOST = /127\.0\.0\.1:\d+/g;

test.each<[string, Script, string]>([
  [
    "has another digest than it says",
    (_, reply) => reply.send(200, { "docker-content-digest": digestOf("else") }, MANIFEST),
    `manifest verification failed for digest ${digestOf("else")}: the bytes that HOST sent for HOST/app:1 have ${digestOf(MANIFEST)}`,
  ],
  [
    "is HTML",
    (_, reply) => reply.send(200, { "content-type": "text/html" }, "<html>"),
    "error unmarshalling content: the manifest is not JSON",
  ],
  [
    "is too large",
    (_, reply) => reply.send(200, {}, Buffer.alloc(4 * 1024 * 1024 + 1)),
    "Cannot read the manifest of HOST/app:1 from HOST: it is larger than 4194304 bytes",
  ],
  [
    "has no end",
    async (_, reply) => {
      reply.head(200, {});
      while (await reply.write("x".repeat(65_536)));
    },
    "Cannot read the manifest of HOST/app:1 from HOST: it is larger than 4194304 bytes",
  ],
  [
    "is compressed unasked",
    (_, reply) => reply.send(200, { "content-encoding": "gzip" }, Bun.gzipSync(MANIFEST)),
    'Cannot read the manifest of HOST/app:1 from HOST: it has the content encoding "gzip", which was not asked for',
  ],
  [
    "comes with endless headers",
    async (_, reply) => {
      await reply.write("HTTP/1.1 200 OK\r\n");
      while (await reply.write(`x-more: ${"x".repeat(65_536)}\r\n`));
    },
    'Get "http://HOST/v2/app/manifests/1": the headers of the answer are too large',
  ],
  [
    "comes with many headers",
    async (_, reply) => {
      await reply.write(`HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(5000)}\r\n`);
    },
    'Get "http://HOST/v2/app/manifests/1": malformed HTTP response, or one with too many headers',
  ],
  [
    "is no HTTP",
    async (_, reply) => {
      await reply.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
      reply.end();
    },
    'Get "http://HOST/v2/app/manifests/1": malformed HTTP response, or one with too many headers',
  ],
  [
    "is shorter than it says",
    async (_, reply) => {
      reply.head(200, { "content-length": 1000 });
      await reply.write(MANIFEST);
      reply.end();
    },
    'Get "http://HOST/v2/app/manifests/1": unexpected EOF: the server closed the connection',
  ],
  [
    "is elsewhere, and there in a circle",
    (request, reply) => reply.send(302, { location: request.path.endsWith("1") ? "x" : "1" }),
    "Cannot follow the redirect of http://HOST: it goes in a circle, by http://HOST/v2/app/manifests/1",
  ],
  [
    "is always somewhere else",
    (request, reply) => reply.send(307, { location: `${request.path}1` }),
    "Cannot follow the redirect of http://HOST: stopped after 10 redirects",
  ],
  [
    "is in a file",
    (_, reply) => reply.send(302, { location: "file:///etc/shadow" }),
    'Cannot follow the redirect of http://HOST: it leads to "file:", and only http and https are followed',
  ],
  [
    "is in the URL itself",
    (_, reply) => reply.send(302, { location: "data:text/plain,hello" }),
    'Cannot follow the redirect of http://HOST: it leads to "data:", and only http and https are followed',
  ],
  [
    "is at no URL at all",
    (_, reply) => reply.send(302, { location: "http://[" }),
    'Cannot follow the redirect of http://HOST: "http://[" is no URL',
  ],
  [
    "is refused without a word",
    (_, reply) => reply.send(403),
    "pull access denied for HOST/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  [
    "is refused with a word",
    (_, reply) => reply.sendJson(403, { errors: [{ code: "DENIED", message: "nope" }] }),
    "pull access denied for HOST/app, repository does not exist or may require 'docker login': denied: nope",
  ],
  [
    "is in a repository that is not there",
    (_, reply) =>
      reply.sendJson(404, { errors: [{ code: "NAME_UNKNOWN", message: "no such name" }] }),
    "pull access denied for HOST/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  [
    "is not there, in HTML",
    (_, reply) => reply.send(404, {}, "<html>"),
    "manifest for HOST/app:1 not found: manifest unknown: manifest unknown",
  ],
  [
    "needs a login that nobody asks for",
    (_, reply) => reply.send(401),
    "unauthorized: authentication required",
  ],
  [
    "is asked for too often",
    (_, reply) => reply.sendJson(429, { errors: [{ code: "TOOMANYREQUESTS", message: "slow" }] }),
    "toomanyrequests: slow",
  ],
  [
    "is asked for too often, in plain text",
    (_, reply) => reply.send(429, {}, "slow down\u001b[31m\n"),
    "toomanyrequests: slow down [31m",
  ],
  [
    "breaks the registry",
    (_, reply) => reply.send(500, {}, "<html>oops</html>"),
    "received unexpected HTTP status: 500 Status from HOST",
  ],
])("a manifest that %s is a clear error", async (_, script, message) => {
  await using registry = await BadRegistry.start(script);
  const options = { maxAttempts: 2, retryDelayMs: 1 };
  const error = await openRepository(registry, { options })
    .getManifest("1")
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(Error);
  expect(String(error).replace(HOST, "HOST")).toBe(`EngineError: ${message}`);
});

test("what fails for a while is asked for again, and what is wrong is not", async () => {
  for (const [status, count] of [
    [500, 3],
    [502, 3],
    [429, 3],
    [400, 1],
    [403, 1],
    [404, 1],
  ] as const) {
    await using registry = await BadRegistry.start((_, reply) => {
      if (registry.requests.length < 3) return reply.send(status);
      return reply.send(200, {}, MANIFEST);
    });
    await openRepository(registry)
      .getManifest("1")
      .catch(() => undefined);
    expect(registry.requests.length).toBe(count);
  }
});

test("a server that wants to be left alone for a second is", async () => {
  await using registry = await BadRegistry.start((_, reply) => {
    if (registry.requests.length < 2) return reply.send(429, { "retry-after": 1 });
    return reply.send(200, {}, MANIFEST);
  });
  const start = performance.now();
  await openRepository(registry).getManifest("1");
  expect(performance.now() - start).toBeGreaterThanOrEqual(990);
});

test("a redirect to another server is followed without the credentials", async () => {
  await using storage = await BadRegistry.start((_, reply) => reply.send(200, {}, MANIFEST));
  await using registry = await BadRegistry.start((_, reply) =>
    reply.send(307, { location: `http://me:too@${storage.host}/there?sig=a%2Fb` }),
  );
  const credentials = { kind: "registry-token", token: "secret" } as const;
  const repository = openRepository(registry, { credentials });
  expect((await repository.getManifest("1")).digest).toBe(digestOf(MANIFEST));
  expect(registry.requests[0]?.header("authorization")).toBe("Bearer secret");
  expect(storage.requests[0]?.header("authorization")).toBeUndefined();
  expect(storage.requests[0]?.path).toBe("/there?sig=a%2Fb");
});

test("another server that asks for a password gets none", async () => {
  await using storage = await BadRegistry.start((_, reply) =>
    reply.send(401, { "www-authenticate": 'Basic realm="tell me"' }),
  );
  await using registry = await BadRegistry.start((_, reply) =>
    reply.send(307, { location: `${storage.url}/there` }),
  );
  const credentials = { kind: "basic", username: "user", password: "secret" } as const;
  await expect(openRepository(registry, { credentials }).getManifest("1")).rejects.toThrow(
    "unauthorized: authentication required",
  );
  expect(storage.requests.map((request) => request.header("authorization"))).toEqual([undefined]);
});

test("a registry that tells no digest with HEAD is asked for the manifest", async () => {
  await using registry = await BadRegistry.start((request, reply) => {
    if (request.method === "HEAD") return reply.head(200, { "content-length": 5 });
    return reply.send(200, { "content-type": "a/b; charset=utf-8" }, MANIFEST);
  });
  expect(await openRepository(registry).findManifest("1")).toEqual({
    digest: digestOf(MANIFEST),
    mediaType: "a/b",
    sizeBytes: MANIFEST.length,
  });
});

test("tags come page by page, and only from the same server", async () => {
  await using registry = await BadRegistry.start((request, reply) => {
    const isFirst = request.path.endsWith("/list");
    const link = '</v2/app/tags/list?last=b&n=2>; rel="next"';
    const headers: Readonly<Record<string, string>> = isFirst ? { link } : {};
    reply.send(200, headers, JSON.stringify({ tags: isFirst ? ["a", "b"] : ["c"] }));
  });
  expect(await openRepository(registry).listTags()).toEqual(["a", "b", "c"]);

  await using hostile = await BadRegistry.start((_, reply) =>
    reply.send(200, { link: `<${registry.url}/v2/>; rel=next` }, '{"tags":null}'),
  );
  await expect(openRepository(hostile).listTags()).rejects.toThrow(
    "the next page is said to be at",
  );
});

test("X-Meta headers and the user agent go to the registry", async () => {
  await using registry = await BadRegistry.start((_, reply) => reply.send(200, {}, MANIFEST));
  const headers = { "X-Meta-Team": "blue" };
  await openRepository(registry, { headers }).getManifest("1");
  expect(registry.requests[0]?.header("x-meta-team")).toBe("blue");
  expect(registry.requests[0]?.header("user-agent")).toBe("sampan-test/1");
});

test.each([
  ["file:///etc/passwd", "only http and https are spoken"],
  ["not a url", "it is no URL"],
  ["http://a:b@127.0.0.1/", "it must hold no credentials"],
])("a registry cannot send passwords to %s", async (realm, reason) => {
  await using registry = await BadRegistry.start(
    (_, reply) => reply.send(401, { "www-authenticate": `Bearer realm="${realm}"` }),
    { takesPing: false },
  );
  await expect(openRepository(registry).getManifest("1")).rejects.toThrow(
    `Cannot authenticate with ${registry.host}: it sends to the token server "${realm}": ${reason}`,
  );
});

test.each([
  ["not JSON", "<html>", /^Cannot read the token of \S+: it is not JSON$/],
  ["without a token", "{}", /did not include a token in the response$/],
  ["with a header in it", '{"token":"a\\r\\nx: y"}', /it has characters that no header can hold/],
  ["of another type", '{"token":5}', /^Cannot read token: want a text, have 5$/],
])("a token server's answer %s is a clear error", async (_, answer, message) => {
  await using registry = await BadRegistry.start(
    (request, reply) =>
      request.path.startsWith("/token")
        ? reply.send(200, {}, answer)
        : reply.send(401, { "www-authenticate": `Bearer realm="${registry.url}/token"` }),
    { takesPing: false },
  );
  await expect(openRepository(registry).getManifest("1")).rejects.toThrow(message);
});

test("a token that the registry does not take any more is renewed once", async () => {
  let issued = 0;
  await using registry = await BadRegistry.start(
    (request, reply) => {
      if (request.path.startsWith("/token")) {
        issued += 1;
        return reply.sendJson(200, { token: `t${issued}` });
      }
      if (request.header("authorization") === "Bearer t2") return reply.send(200, {}, MANIFEST);
      const challenge = `Bearer realm="${registry.url}/token",service="s"`;
      return reply.send(401, { "www-authenticate": challenge });
    },
    { takesPing: false },
  );
  await openRepository(registry).getManifest("1");
  expect(issued).toBe(2);
  expect(registry.requests.map(({ path }) => path.split("?")[0])).toEqual([
    ...["/v2/", "/token", "/v2/app/manifests/1"],
    ...["/token", "/v2/app/manifests/1"],
  ]);
});
