import type { Credentials } from "../../src/registry/credentials.ts";
import {
  RegistryClient,
  type RegistryOptions,
  type RepositoryAccess,
} from "../../src/registry/registry-client.ts";
import type { Repository } from "../../src/registry/repository.ts";

/** Who every TestRegistry knows. */
export const USER = { kind: "basic", username: "user", password: "secret" } as const;

/** A client that gives up soon. */
export function makeClient(options: Partial<RegistryOptions> = {}): RegistryClient {
  return new RegistryClient({
    mirrors: [],
    insecure: [],
    certificateRoots: [],
    proxies: {},
    maxAttempts: 3,
    userAgent: "sampan-test/1",
    retryDelayMs: 5,
    ...options,
  });
}

/** The repository `app` of a registry, for nobody in particular, to pull from. */
export function openRepository(
  registry: { readonly host: string },
  wishes: {
    readonly path?: string;
    readonly options?: Partial<RegistryOptions>;
    readonly credentials?: Credentials;
    readonly actions?: RepositoryAccess["actions"];
    readonly signal?: AbortSignal;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Repository {
  const {
    path = "app",
    options,
    credentials = { kind: "none" },
    actions = "pull",
    signal = new AbortController().signal,
    headers = {},
  } = wishes;
  return makeClient(options).open(
    { domain: registry.host, path },
    { credentials, actions, signal, headers },
  );
}
