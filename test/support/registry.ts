import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CertificateFiles, TestAuthority } from "./certificates.ts";
import { dockerArchive, ENTRY, LAYERS } from "./image-archives.ts";
import { PATIENCE_MS } from "./patience.ts";
import { mustRun, type Outcome, runProgram } from "./run-program.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";
import { TestTokenServer } from "./token-server.ts";
import { waitUntil } from "./wait-until.ts";

const LOOPBACK = "127.0.0.1";
const SERVICE = "test-registry";
const ISSUER = "test-issuer";

/** What kind of registry a test wants; by default one without TLS that is open to everybody. */
export interface RegistryKind {
  /** `server`: it has a certificate of an authority of its own; `client`: it wants one of its clients too. */
  readonly tls?: "server" | "client";
  /** `basic`: a name and password with each request; `token`: tokens of a token server. */
  readonly auth?: "basic" | "token";
  /** By name their password; by default `{ user: "secret" }`. */
  readonly users?: Readonly<Record<string, string>>;
  /** With `token`: what anybody may pull, by path. */
  readonly publicRepositories?: readonly string[];
  readonly tokenLifeSeconds?: number;
  /** Where it listens, by default 127.0.0.1, which clients do not ask for certificates. */
  readonly address?: string;
  /** What its certificate is for, in place of that address; such as `DNS:other.test`. */
  readonly certifiedNames?: readonly string[];
  /** Whether it lets blobs and manifests be removed; it does by default. */
  readonly canDelete?: boolean;
}

/** A request that a registry saw. */
export interface LoggedRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

/** A real registry, docker-registry's, on a loopback port with storage of its own; it goes with its scope. */
export class TestRegistry implements AsyncDisposable {
  /** `127.0.0.1:port`, or with its own address, as it stands in the name of an image. */
  readonly host: string;
  readonly url: string;
  /** With TLS: the authority that vouches for it, and for the clients that it takes. */
  readonly authority: TestAuthority | undefined;
  readonly tokenServer: TestTokenServer | undefined;
  readonly users: Readonly<Record<string, string>>;
  readonly #directory: TemporaryDirectory;
  readonly #kind: RegistryKind;
  #process: Bun.Subprocess | undefined;
  #certificateRoot: Promise<string> | undefined;

  private constructor(parts: {
    readonly directory: TemporaryDirectory;
    readonly kind: RegistryKind;
    readonly port: number;
    readonly users: Readonly<Record<string, string>>;
    readonly authority: TestAuthority | undefined;
    readonly tokenServer: TestTokenServer | undefined;
  }) {
    this.#directory = parts.directory;
    this.#kind = parts.kind;
    this.host = `${parts.kind.address ?? LOOPBACK}:${parts.port}`;
    this.url = `${parts.kind.tls === undefined ? "http" : "https"}://${this.host}`;
    this.users = parts.users;
    this.authority = parts.authority;
    this.tokenServer = parts.tokenServer;
  }

  static async start(kind: RegistryKind = {}): Promise<TestRegistry> {
    await using undo = new AsyncDisposableStack();
    const directory = undo.use(new TemporaryDirectory());
    const { path } = directory;
    const users = kind.users ?? { user: "secret" };
    const authority = kind.tls === undefined ? undefined : await TestAuthority.create(path);
    const tokenServer =
      kind.auth === "token" ? undo.use(await startTokenServer(path, kind, users)) : undefined;
    const parts = { directory, kind, users, authority, tokenServer };
    for (;;) {
      const registry = new TestRegistry({ ...parts, port: freePort() });
      undo.defer(() => registry.stop());
      if (!(await registry.#listens())) continue;
      undo.move();
      return registry;
    }
  }

  /** False: somebody else has taken the port meanwhile. */
  async #listens(): Promise<boolean> {
    await this.#writeConfig();
    const log = openSync(this.#path("log"), "w");
    const child = Bun.spawn(["docker-registry", "serve", this.#path("config.yml")], {
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    closeSync(log);
    this.#process = child;
    await waitUntil("the registry listens", async () => {
      const hasEnded = child.exitCode !== null;
      return (await this.readLog()).includes("listening on") || hasEnded;
    });
    if (child.exitCode === null) return true;
    const said = await this.readLog();
    if (said.includes("address already in use")) return false;
    throw new Error(`The registry ended: ${said}`);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    await child.exited;
    clearTimeout(timer);
  }

  /** What it wrote so far. */
  readLog(): Promise<string> {
    return readFile(this.#path("log"), "utf8");
  }

  /** The requests that it answered so far, oldest first. */
  async listRequests(): Promise<readonly LoggedRequest[]> {
    return [...(await this.readLog()).matchAll(ACCESS_LINE)].map(
      ([, method = "", path = "", status = "", userAgent = ""]) => ({
        method,
        path,
        status: Number(status),
        userAgent,
      }),
    );
  }

  /** How many requests so far were of this method and fit this pattern. */
  async countRequests(method: string, path: RegExp): Promise<number> {
    const requests = await this.listRequests();
    return requests.filter((request) => request.method === method && path.test(request.path))
      .length;
  }

  /** Puts an image into it, by skopeo: `source` is such as `oci-archive:/path` or `docker-archive:/path`. */
  async fill(repository: string, source: string, ...args: readonly string[]): Promise<void> {
    const target = `docker://${this.host}/${repository}`;
    const credentials = this.#skopeoCredentials("dest");
    await mustRun([
      ...["skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false"],
      `--dest-cert-dir=${join(await this.certificateRoot(), this.host)}`,
      ...credentials,
      ...args,
      source,
      target,
    ]);
  }

  /** Puts a small image of two layers into it, in OCI's form. */
  async putImage(repository: string): Promise<void> {
    const archive = this.#path("image.tar");
    await writeFile(archive, await dockerArchive([{ ...ENTRY, RepoTags: [] }], LAYERS));
    await this.fill(repository, `docker-archive:${archive}`, "--format=oci");
  }

  /** What skopeo makes of an image in it. */
  inspect(repository: string, ...args: readonly string[]): Promise<Outcome> {
    const credentials = this.#skopeoCredentials("");
    const target = `docker://${this.host}/${repository}`;
    return runProgram(["skopeo", "inspect", "--tls-verify=false", ...credentials, ...args, target]);
  }

  /** A directory such as /etc/docker/certs.d, with all that a client needs for this registry. */
  certificateRoot(): Promise<string> {
    this.#certificateRoot ??= this.#makeCertificateRoot();
    return this.#certificateRoot;
  }

  async #makeCertificateRoot(): Promise<string> {
    const { authority } = this;
    const root = this.#path("certs.d");
    const directory = join(root, this.host);
    mkdirSync(directory, { recursive: true });
    if (authority === undefined) return root;
    await writeFile(join(directory, "ca.crt"), await readFile(authority.certificate));
    if (this.#kind.tls !== "client") return root;
    const client = await authority.issue("client");
    await writeFile(join(directory, "client.cert"), await readFile(client.certificate));
    await writeFile(join(directory, "client.key"), await readFile(client.key));
    return root;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using undo = new AsyncDisposableStack();
    undo.use(this.#directory);
    if (this.tokenServer !== undefined) undo.use(this.tokenServer);
    await this.stop();
  }

  #path(name: string): string {
    return join(this.#directory.path, name);
  }

  #skopeoCredentials(prefix: string): readonly string[] {
    const [user] = Object.entries(this.users);
    if (this.#kind.auth === undefined || user === undefined) return [];
    return [`--${prefix === "" ? "" : `${prefix}-`}creds=${user.join(":")}`];
  }

  async #writeConfig(): Promise<void> {
    const { canDelete = true } = this.#kind;
    const config = {
      version: "0.1",
      log: { accesslog: { disabled: false }, level: "info" },
      storage: {
        filesystem: { rootdirectory: this.#path("storage") },
        delete: { enabled: canDelete },
      },
      http: { addr: this.host, ...(await this.#tlsConfig()) },
      ...(await this.#authConfig()),
    };
    // JSON is YAML too.
    await writeFile(this.#path("config.yml"), JSON.stringify(config));
  }

  async #tlsConfig(): Promise<object> {
    const { authority } = this;
    if (authority === undefined) return {};
    const { address = LOOPBACK, certifiedNames } = this.#kind;
    const names = certifiedNames ?? [`IP:${address}`, "DNS:localhost"];
    const { certificate, key } = await authority.issue("server", ...names);
    const clientcas = this.#kind.tls === "client" ? { clientcas: [authority.certificate] } : {};
    return { tls: { certificate, key, ...clientcas } };
  }

  async #authConfig(): Promise<object> {
    if (this.#kind.auth === "basic") {
      const lines = Object.entries(this.users).map(
        ([name, password]) =>
          `${name}:${Bun.password.hashSync(password, { algorithm: "bcrypt", cost: 4 })}\n`,
      );
      await writeFile(this.#path("htpasswd"), lines.join(""));
      return { auth: { htpasswd: { realm: "test", path: this.#path("htpasswd") } } };
    }
    if (this.tokenServer === undefined) return {};
    const token = { realm: this.tokenServer.url, service: SERVICE, issuer: ISSUER };
    return { auth: { token: { ...token, rootcertbundle: this.#path("signer.pem") } } };
  }
}

/** Whether this machine has what a registry needs. */
export const hasRegistry = Bun.which("docker-registry") !== null;

const ACCESS_LINE =
  /^\S+ - \S* ?\[[^\]]*\] "([A-Z]+) (\S+) HTTP\/[\d.]+" (\d{3}) \d+ "[^"]*" "([^"]*)"/gm;

async function startTokenServer(
  path: string,
  kind: RegistryKind,
  users: Readonly<Record<string, string>>,
): Promise<TestTokenServer> {
  const signer = await issueSigner(path);
  return new TestTokenServer({
    signer,
    issuer: ISSUER,
    service: SERVICE,
    users,
    publicRepositories: kind.publicRepositories ?? [],
    lifeSeconds: kind.tokenLifeSeconds ?? 300,
  });
}

async function issueSigner(directory: string): Promise<CertificateFiles> {
  const files = {
    certificate: join(directory, "signer.pem"),
    key: join(directory, "signer-key.pem"),
  };
  await mustRun([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-days", "2", "-subj", "/CN=signer"],
    ...["-keyout", files.key, "-out", files.certificate],
  ]);
  return files;
}

/** A port that was free a moment ago, and may be somebody's by now. */
function freePort(): number {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: () => undefined },
  });
  const { port } = listener;
  listener.stop(true);
  return port;
}
