import { createPrivateKey, randomUUID, sign, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { CertificateFiles } from "./certificates.ts";

/** What somebody asked a token server for. */
export interface TokenDemand {
  readonly method: string;
  /** Empty for nobody. */
  readonly username: string;
  readonly grantType: string;
  readonly scopes: readonly string[];
}

export interface TokenServerOptions {
  readonly signer: CertificateFiles;
  readonly issuer: string;
  readonly service: string;
  readonly users: Readonly<Record<string, string>>;
  /** Repositories by their path that anybody may pull. */
  readonly publicRepositories: readonly string[];
  /** How long its tokens are good; what it says in `expires_in` stays at 300 s. */
  readonly lifeSeconds: number;
}

/** Gives tokens that docker-registry takes, as Docker Hub's server does. */
export class TestTokenServer implements AsyncDisposable {
  readonly demands: TokenDemand[] = [];
  /** It knows no GET. */
  postOnly = false;
  readonly #options: TokenServerOptions;
  readonly #server: Bun.Server<undefined>;
  readonly #identities = new Map<string, string>();

  constructor(options: TokenServerOptions) {
    this.#options = options;
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => this.#answer(request),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/token`;
  }

  /** Makes all identity tokens worthless. */
  revokeIdentities(): void {
    this.#identities.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    if (this.postOnly && request.method !== "POST") {
      return new Response("not here", { status: 405 });
    }
    const isPost = request.method === "POST";
    const fields = isPost
      ? new URLSearchParams(await request.text())
      : new URL(request.url).searchParams;
    const username = isPost ? this.#userOfForm(fields) : this.#userOfHeader(request);
    if (username === undefined) {
      return Response.json({ details: "incorrect username or password" }, { status: 401 });
    }
    const scopes = fields.getAll("scope").flatMap((scope) => scope.split(" "));
    const grantType = fields.get("grant_type") ?? "";
    this.demands.push({ method: request.method, username, grantType, scopes });
    const token = await this.#makeToken(username, scopes);
    const isOffline =
      fields.get("offline_token") === "true" || fields.get("access_type") === "offline";
    return Response.json({
      ...(isPost ? { access_token: token } : { token }),
      expires_in: 300,
      ...(isOffline && username !== "" ? { refresh_token: this.#makeIdentity(username) } : {}),
    });
  }

  #userOfHeader(request: Request): string | undefined {
    const header = request.headers.get("authorization");
    if (header === null) return "";
    const text = Buffer.from(header.replace(/^Basic /, ""), "base64").toString();
    return this.#checked(text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1));
  }

  #userOfForm(form: URLSearchParams): string | undefined {
    if (form.get("grant_type") === "refresh_token") {
      return this.#identities.get(form.get("refresh_token") ?? "");
    }
    return this.#checked(form.get("username") ?? "", form.get("password") ?? "");
  }

  #checked(username: string, password: string): string | undefined {
    return this.#options.users[username] === password ? username : undefined;
  }

  #makeIdentity(username: string): string {
    const token = randomUUID();
    this.#identities.set(token, username);
    return token;
  }

  /** A user may do everything, anybody may pull what is public. */
  async #makeToken(username: string, scopes: readonly string[]): Promise<string> {
    const { signer, issuer, service, publicRepositories, lifeSeconds } = this.#options;
    const access = scopes.flatMap((scope) => {
      const [type = "", name = "", actions = ""] = scope.split(":");
      const allowed = actions
        .split(",")
        .filter((action) => username !== "" || isPublic(publicRepositories, name, action));
      return allowed.length === 0 ? [] : [{ type, name, actions: allowed }];
    });
    const certificate = new X509Certificate(await readFile(signer.certificate));
    const now = Math.floor(Date.now() / 1000);
    const header = { typ: "JWT", alg: "ES256", x5c: [certificate.raw.toString("base64")] };
    const claims = {
      ...{ iss: issuer, sub: username, aud: service, jti: randomUUID(), access },
      // The registry forgives a minute, so what is to be short must end before it begins.
      ...{ iat: now, nbf: now - 120, exp: now + lifeSeconds },
    };
    const text = [header, claims].map((part) => encode(JSON.stringify(part))).join(".");
    const key = createPrivateKey(await readFile(signer.key));
    const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }
}

function isPublic(names: readonly string[], name: string, action: string): boolean {
  return action === "pull" && names.includes(name);
}

function encode(text: string): string {
  return Buffer.from(text).toString("base64url");
}
