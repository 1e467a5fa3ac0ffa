// Who may do what at registries: logins, tokens, certificates, insecure registries, mirrors and searches.

import { afterAll, beforeAll, expect } from "bun:test";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { BadRegistry } from "../support/bad-registry.ts";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import { LOWER } from "../support/image-archives.ts";
import { mustPull, mustPush, pull, push } from "../support/image-transfer.ts";
import { gzipLayer, makeImage, putImage } from "../support/made-image.ts";
import { hasRegistry, TestRegistry } from "../support/registry.ts";
import { runProgram } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const canRun = process.getuid?.() === 0 && hasRegistry;
const test = testIf(canRun, "no docker-registry, or not root");
const world = new AsyncDisposableStack();
let daemon: TestDaemon;
let api: ApiUser;

beforeAll(async () => {
  if (!canRun) return;
  daemon = world.use(await TestDaemon.start());
  api = new ApiUser(daemon);
});
afterAll(() => world.disposeAsync());

const IMAGE = makeImage([gzipLayer(LOWER)]);
const USER = { username: "user", password: "secret" };

for (const { name, run, test: testClient } of COMMAND_LINES) {
  for (const auth of ["basic", "token"] as const) {
    testClient(
      `${name} logs in to a registry with ${auth}, pulls, pushes, and logs out`,
      async () => {
        await using registry = await TestRegistry.start({ auth, publicRepositories: ["open"] });
        using home = new TemporaryDirectory();
        const env = { DOCKER_CONFIG: home.path };
        const client = (line: string, stdin = "") =>
          run(daemon, line.split(" "), {
            env,
            ...(stdin === "" ? {} : { stdin }),
          });
        await registry.putImage("closed:1");
        await registry.putImage("open:1");
        const { host } = registry;

        const without = await client(`pull ${host}/closed:1`);
        expect([without.status, without.stderr]).toEqual([
          1,
          expect.stringMatching(/no basic auth credentials|access denied|unauthorized/),
        ]);
        const open = await client(`pull ${host}/open:1`);
        expect(open.status).toBe(auth === "token" ? 0 : 1);

        const wrong = await client(`login -u user --password-stdin ${host}`, "wrong");
        expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/unauthorized/i)]);
        const login = await client(`login -u user --password-stdin ${host}`, "secret");
        expect([login.status, login.stdout]).toEqual([
          0,
          expect.stringContaining("Login Succeeded"),
        ]);

        const pulled = await client(`pull -q ${host}/closed:1`);
        expect([pulled.status, pulled.stdout, pulled.stderr]).toEqual([
          0,
          `${host}/closed:1\n`,
          "",
        ]);
        expect((await client(`tag ${host}/closed:1 ${host}/pushed:2`)).status).toBe(0);
        expect(await client(`push -q ${host}/pushed:2`)).toMatchObject({ status: 0, stderr: "" });
        expect(JSON.parse((await registry.inspect("pushed:2")).stdout).Architecture).toBe("amd64");

        expect((await client(`logout ${host}`)).status).toBe(0);
        const after = await client(`push ${host}/pushed:2`);
        expect(after.status).toBe(1);
        expect(after.stderr + after.stdout).toMatch(/no basic auth|denied|unauthorized/);
        for (const { Id } of await api.json("GET", "/images/json")) {
          await api.json("DELETE", `/images/${Id}?force=1`);
        }
      },
    );
  }
}

test("credentials go to the registry alone that they are for", async () => {
  await using other = await TestRegistry.start();
  await using registry = await TestRegistry.start({ auth: "basic" });
  await putImage(other, "app:1", IMAGE);
  await mustPull(daemon, `${other.host}/app:1`, { auth: USER });
  await api.json("POST", `/images/${other.host}/app:1/tag?repo=${registry.host}/app&tag=1`);
  expect((await push(daemon, `${registry.host}/app:1`)).error).toMatch(/auth|denied/);
  await mustPush(daemon, `${registry.host}/app:1`, { auth: USER });
  expect((await registry.inspect("app:1")).status).toBe(0);
  const anonymous = await pull(daemon, `${registry.host}/app:1`);
  // Not 401: Docker's client would ask for a password.
  expect([anonymous.status, anonymous.error]).toEqual([
    500,
    expect.stringMatching(/^Get "http:.*": no basic auth credentials$/),
  ]);
  // As a user of an older client sends them.
  await mustPull(daemon, `${registry.host}/app:1`, { auth: { ...USER, auth: "", email: "" } });
  await api.json("DELETE", `/images/${IMAGE.id}?force=1`);
});

test("certificates of --certs-dir vouch for a registry, and those of clients for us", async () => {
  using directory = new TemporaryDirectory();
  const certs = join(directory.path, "certs.d");
  await using own = await TestDaemon.start("--certs-dir", certs);
  // Its bridge: an address of this machine that does not count as such.
  const [address] = own.address.split("/");
  for (const tls of ["server", "client"] as const) {
    await using registry = await TestRegistry.start({ tls, address: String(address) });
    const name = `${registry.host}/app:1`;
    const unknown = await pull(own, name);
    expect([unknown.status, unknown.error]).toEqual([
      503,
      expect.stringMatching(/^Get "https:\/\/[^"]+\/v2\/": .*certificate/),
    ]);
    await cp(await registry.certificateRoot(), certs, { recursive: true });
    await registry.putImage("app:1");
    await mustPull(own, name);
    if (tls === "client") {
      await rm(join(certs, registry.host, "client.cert"));
      await rm(join(certs, registry.host, "client.key"));
      expect((await pull(own, name)).error).toMatch(/certificate|handshake|tls/i);
    }
    expect((await own.fetch(`/images/${name}?force=1`, { method: "DELETE" })).status).toBe(200);
  }
});

test("a registry without TLS or with nobody's certificate has to be called insecure", async () => {
  await using strict = await TestDaemon.start();
  const [address = ""] = strict.address.split("/");
  const network = address.replace(/\d+$/, "0/24");
  await using lax = await TestDaemon.start("--insecure-registry", network);
  for (const kind of [{}, { tls: "server" }] as const) {
    await using registry = await TestRegistry.start({ ...kind, address });
    await registry.putImage("app:1");
    const name = `${registry.host}/app:1`;
    expect((await pull(strict, name)).error).toMatch(
      /http: server gave HTTP response to HTTPS client|certificate/,
    );
    await mustPull(lax, name);
    await lax.fetch(`/images/${name}?force=1`, { method: "DELETE" });
  }
});

test("images of docker.io come from the first mirror that has them", async () => {
  await using mirror = await TestRegistry.start();
  await using empty = await TestRegistry.start();
  await putImage(mirror, "library/mirrored:1", IMAGE);
  const mirrors = ["http://127.0.0.1:1", empty.url, mirror.url];
  await using own = await TestDaemon.start(...mirrors.flatMap((url) => ["--registry-mirror", url]));
  await mustPull(own, "mirrored:1", { auth: USER });
  const user = new ApiUser(own);
  const seen = await user.json("GET", "/images/mirrored:1/json");
  expect(seen.RepoTags).toEqual(["mirrored:1"]);
  expect(seen.RepoDigests).toEqual([`mirrored@${IMAGE.digest}`]);
  expect(await empty.countRequests("GET", /\/library\/mirrored\/manifests\/1$/)).toBe(1);
  await user.json("DELETE", "/images/mirrored:1");
});

for (const { name, run, test: testClient } of COMMAND_LINES) {
  testClient(`${name} search asks a registry of one's own`, async () => {
    const found = [
      { name: "app", description: "does much", star_count: 7, is_official: true },
      { name: "me/app", description: "does less", star_count: 1, is_official: false },
    ];
    await using index = await BadRegistry.start((request, reply) =>
      request.path === "/v1/_ping" ? reply.send(200) : reply.sendJson(200, { results: found }),
    );
    const line = ["search", "--filter", "stars=3", `${index.host}/app`];
    const searched = await run(daemon, line);
    expect([searched.status, searched.stderr]).toEqual([0, ""]);
    expect(searched.stdout).toMatch(
      /^NAME +DESCRIPTION +STARS +OFFICIAL *\napp +does much +7 +\[OK\] *\n$/,
    );
  });
}

test("what a registry has can be looked at without pulling it", async () => {
  await using registry = await TestRegistry.start({ auth: "basic" });
  await registry.putImage("app:1");
  const path = `/distribution/${registry.host}/app:1/json`;
  expect((await api.ask("GET", path)).status).toBe(401);
  const answer = await daemon.fetch(path, {
    headers: { "X-Registry-Auth": btoa(JSON.stringify(USER)) },
  });
  const { Descriptor, Platforms } = (await answer.json()) as {
    Descriptor: { digest: string };
    Platforms: unknown;
  };
  expect(Platforms).toEqual([{ os: "linux", architecture: "amd64" }]);
  const raw = (await registry.inspect("app:1", "--raw")).stdout;
  expect(Descriptor).toMatchObject({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    size: Buffer.byteLength(raw),
  });
  await using open = await TestRegistry.start();
  await open.putImage("app:1");
  const inspected = await runProgram([
    "docker",
    "manifest",
    "inspect",
    "--insecure",
    `${open.host}/app:1`,
  ]);
  expect(JSON.parse(inspected.stdout).layers.length).toBe(2);
  const nothing = await api.ask("GET", `/distribution/${open.host}/app:nosuch/json`);
  expect([nothing.status, nothing.message]).toEqual([404, expect.stringContaining("app:nosuch")]);
});
