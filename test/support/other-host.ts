// What a client sees of a host that is not its own machine. To be run in a network namespace of its
// own in which ADDRESS is there; it writes what it saw as JSON.

import { readFile } from "node:fs/promises";
import type { RegistryOptions } from "../../src/registry/registry-client.ts";
import { BadRegistry } from "./bad-registry.ts";
import { TestAuthority } from "./certificates.ts";
import { type RegistryKind, TestRegistry } from "./registry.ts";
import { openRepository, USER } from "./registry-user.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

const [, , ADDRESS = ""] = process.argv;

const CASES: Readonly<Record<string, () => Promise<string>>> = {
  plain: () => pull({}),
  plainInsecure: () => pull({}, () => ({ insecure: [ADDRESS] })),
  plainInsecureRange: () => pull({}, () => ({ insecure: [`${ADDRESS}/24`] })),
  refused: () => attempt({ host: `${ADDRESS}:1` }),
  unknownAuthority: () => pull({ tls: "server" }),
  unknownAuthorityInsecure: () => pull({ tls: "server" }, () => ({ insecure: [ADDRESS] })),
  knownAuthority: () => pull({ tls: "server" }, withCertificates),
  otherName: () => pull({ tls: "server", certifiedNames: ["DNS:other.test"] }, withCertificates),
  withPair: () => pull({ tls: "client" }, withCertificates),
  withoutPair: () => pull({ tls: "client" }, withAuthorityAlone),
  downgrade: () => withTlsServer((url) => Response.redirect(`http://${url.host}/there`)),
  plainRealm: () =>
    withTlsServer(({ host }) => {
      const challenge = `Bearer realm="http://${host}/token"`;
      return new Response("", { status: 401, headers: { "www-authenticate": challenge } });
    }),
  plainProxy: () => byProxy({ insecure: ["192.0.2.77"] }, "http"),
  tunnel: () => byProxy({}, "https"),
  exceptFromProxy: () => byProxy({ insecure: ["192.0.2.77"] }, "no"),
  deadProxy: () =>
    attempt({ host: "192.0.2.77" }, { proxies: { https: `http://me:secret@${ADDRESS}:1` } }),
};

const seen: Record<string, string> = {};
for (const [name, run] of Object.entries(CASES)) seen[name] = await run();
process.stdout.write(JSON.stringify(seen));

async function pull(
  kind: RegistryKind,
  options: (
    registry: TestRegistry,
  ) => Partial<RegistryOptions> | Promise<Partial<RegistryOptions>> = () => ({}),
): Promise<string> {
  await using registry = await TestRegistry.start({ ...kind, address: ADDRESS });
  return await attempt(registry, await options(registry));
}

/** What an attempt to get the manifest of `app:1` ends with, with hosts that change left out. */
async function attempt(
  registry: { readonly host: string },
  options: Partial<RegistryOptions> = {},
): Promise<string> {
  const quick = { maxAttempts: 1, ...options };
  const repository = openRepository(registry, { options: quick, credentials: USER });
  const found = await repository.getManifest("1").catch((error: unknown) => error);
  const text = found instanceof Error ? found.message : JSON.stringify(found);
  return text.replaceAll(registry.host, "HOST").replaceAll(/192\.0\.2\.1:\d{4,}/g, "HOST");
}

async function withCertificates(registry: TestRegistry): Promise<Partial<RegistryOptions>> {
  return { certificateRoots: [await registry.certificateRoot()] };
}

async function withAuthorityAlone(registry: TestRegistry): Promise<Partial<RegistryOptions>> {
  const root = await registry.certificateRoot();
  for (const file of ["client.cert", "client.key"]) {
    await Bun.file(`${root}/${registry.host}/${file}`).delete();
  }
  return { certificateRoots: [root] };
}

/** A server with TLS that takes the ping and then does as it is told. */
async function withTlsServer(answer: (url: URL) => Response): Promise<string> {
  using directory = new TemporaryDirectory();
  const authority = await TestAuthority.create(directory.path);
  const files = await authority.issue("server", `IP:${ADDRESS}`);
  const server = Bun.serve({
    hostname: ADDRESS,
    port: 0,
    tls: { cert: await readFile(files.certificate), key: await readFile(files.key) },
    fetch: (request) => answer(new URL(request.url)),
  });
  const host = `${ADDRESS}:${server.port}`;
  const root = `${directory.path}/certs.d`;
  await Bun.write(`${root}/${host}/ca.crt`, await readFile(authority.certificate));
  const text = await attempt({ host }, { certificateRoots: [root] });
  await server.stop(true);
  return text;
}

/** Which requests a proxy sees that is used for a host that only it could know. */
async function byProxy(
  options: Partial<RegistryOptions>,
  way: "http" | "https" | "no",
): Promise<string> {
  await using proxy = await BadRegistry.start(
    (request, reply) => (request.method === "CONNECT" ? reply.send(502) : reply.send(404)),
    { address: ADDRESS, takesPing: false },
  );
  const proxies =
    way === "https"
      ? { https: proxy.url }
      : { http: proxy.url, ...(way === "no" ? { no: "192.0.2.0/24" } : {}) };
  const text = await attempt({ host: "192.0.2.77" }, { ...options, proxies });
  const requests = proxy.requests.map(({ method, path }) => `${method} ${path}`);
  return [text, ...requests].join(" | ");
}
