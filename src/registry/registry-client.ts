// The client of image registries: it finds the server, shows who asks, and moves bytes. It knows
// nothing of what the bytes mean to the store. OCI distribution spec 1.1; Docker's registry API v2.

import { EngineError } from "../base/errors.ts";
import { familiarRepository, type Reference } from "../oci/reference.ts";
import type { AuthorizerParts } from "./authorizer.ts";
import { Connection, type ConnectionPurpose } from "./connection.ts";
import type { Credentials } from "./credentials.ts";
import { type Endpoint, parseMirror, planEndpoints } from "./endpoints.ts";
import { type FetchedArchive, fetchArchive } from "./fetch-archive.ts";
import { InsecureHosts } from "./insecure-hosts.ts";
import { type LoginResult, logIn, parseServerAddress } from "./login.ts";
import type { Proxies } from "./proxy-choice.ts";
import { Repository } from "./repository.ts";
import { parseSearchTerm, type SearchResult, searchIndex } from "./search.ts";
import { TokenCache } from "./token-cache.ts";
import { Transport } from "./transport.ts";

export type { Credentials } from "./credentials.ts";
export type { LoginResult } from "./login.ts";
export type { SearchResult } from "./search.ts";

export interface RegistryOptions {
  /** URLs that are asked first for images of docker.io. */
  readonly mirrors: readonly string[];
  /** Hosts, with a port or without, and ranges in CIDR notation. This machine is always one. */
  readonly insecure: readonly string[];
  /** Directories such as /etc/docker/certs.d. */
  readonly certificateRoots: readonly string[];
  readonly proxies: Proxies;
  /** How often a request or a blob is tried. */
  readonly maxAttempts: number;
  readonly userAgent: string;
  /** How long a server may be silent; 60 s by default. */
  readonly idleTimeoutMs?: number;
  /** Before a second attempt; half a second by default, and it doubles with each. */
  readonly retryDelayMs?: number;
}

/** Who asks for a repository, for what, and for how long. */
export interface RepositoryAccess {
  readonly credentials: Credentials;
  readonly actions: "pull" | "push";
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
  /** Sent with each request to the registry, as Docker passes X-Meta-* on. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How to search, and for whom. */
export interface SearchQuery {
  /** From 1 to 100; 25 where it is not said. */
  readonly limit?: number;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

const IDLE_TIMEOUT_MS = 60_000;
const RETRY_DELAY_MS = 500;

/** Opens repositories of registries; one for the life of a daemon, so that tokens are used again. */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #transport: Transport;
  readonly #tokens = new TokenCache();

  constructor(options: RegistryOptions) {
    if (!Number.isSafeInteger(options.maxAttempts) || options.maxAttempts < 1) {
      throw new EngineError(
        "invalid",
        `Invalid number of download attempts "${options.maxAttempts}": want 1 or more`,
      );
    }
    for (const mirror of options.mirrors) parseMirror(mirror);
    this.#options = options;
    this.#transport = new Transport({
      insecureHosts: new InsecureHosts(options.insecure),
      certificateRoots: options.certificateRoots,
      proxies: options.proxies,
      userAgent: options.userAgent,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
    });
  }

  /** What it was made with. */
  get settings(): Pick<RegistryOptions, "mirrors" | "insecure" | "proxies"> {
    return this.#options;
  }

  /** A repository to pull from or push to. Nothing is asked before the first use. */
  open(repository: Pick<Reference, "domain" | "path">, access: RepositoryAccess): Repository {
    const { credentials, actions, signal, headers = {} } = access;
    const name = familiarRepository(repository);
    const parts = this.#partsFor(signal);
    const purpose: ConnectionPurpose = {
      credentials,
      scopes: [`repository:${repository.path}:${actions === "push" ? "pull,push" : "pull"}`],
      subject: { name, actions },
      headers,
    };
    return new Repository({
      name,
      path: repository.path,
      transport: this.#transport,
      policy: parts.policy,
      connect: async () => {
        const endpoints = await this.#planEndpoints(repository.domain, actions);
        return endpoints.map((endpoint) => new Connection(endpoint, purpose, parts));
      },
    });
  }

  /** Finds out whether a registry knows these credentials; `unauthorized` where it does not. */
  async login(
    serverAddress: string,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<LoginResult> {
    const domain = parseServerAddress(serverAddress);
    const purpose: ConnectionPurpose = {
      credentials,
      scopes: [],
      subject: { name: domain, actions: "push" },
      headers: {},
    };
    // The mirrors of a registry have nothing to say about who its users are.
    const [own] = await this.#planEndpoints(domain, "push");
    if (own === undefined) throw new EngineError("internal", `No server is known for ${domain}`);
    return logIn(new Connection(own, purpose, this.#partsFor(signal)), credentials);
  }

  /** Searches docker.io, or the registry that the term begins with. */
  async search(term: string, query: SearchQuery): Promise<readonly SearchResult[]> {
    const { transport, policy } = this.#partsFor(query.signal);
    const { credentials, limit } = query;
    return searchIndex(parseSearchTerm(term), limit, { transport, policy, credentials });
  }

  /** Fetches a file of a web server, with the proxies and certificates that registries are asked with. */
  fetchArchive(url: URL, signal: AbortSignal): Promise<FetchedArchive> {
    return fetchArchive(url, this.#partsFor(signal));
  }

  #planEndpoints(domain: string, actions: "pull" | "push"): Promise<readonly Endpoint[]> {
    const { mirrors } = this.#options;
    return planEndpoints(domain, actions, {
      mirrors,
      insecureHosts: this.#transport.insecureHosts,
    });
  }

  #partsFor(signal: AbortSignal): AuthorizerParts {
    const { maxAttempts, retryDelayMs = RETRY_DELAY_MS } = this.#options;
    return {
      transport: this.#transport,
      tokens: this.#tokens,
      policy: { maxAttempts, delayMs: retryDelayMs, signal },
    };
  }
}
