import { EngineError } from "../base/errors.ts";
import type { Answer } from "./answer.ts";
import { Authorizer, type AuthorizerParts } from "./authorizer.ts";
import { type Challenge, challengesOf } from "./challenge.ts";
import { ANONYMOUS, type Credentials } from "./credentials.ts";
import { type Endpoint, urlBelow } from "./endpoints.ts";
import { requestError } from "./network-error.ts";
import { findBase } from "./ping.ts";
import { resolveLocation, sendFollowing } from "./redirects.ts";
import { type ErrorSubject, toRegistryError } from "./registry-error.ts";
import { type RetryPolicy, retry, TransientError } from "./retry.ts";
import type { Token } from "./token-server.ts";
import { type HttpRequest, isStream, type Method } from "./transport.ts";

/** A request to a registry's API. */
export interface RegistryRequest {
  readonly method: Method;
  /** Below the endpoint's base, or a URL that the registry gave. */
  readonly target: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest["body"];
  /** Scopes beside the usual ones. */
  readonly scopes?: readonly string[];
  /** Statuses that are an answer too, beside those below 400. */
  readonly accept?: readonly number[];
  /** What is asked for, where errors should name it. */
  readonly reference?: string;
}

/** Whose connection it is, and for what. */
export interface ConnectionPurpose {
  readonly credentials: Credentials;
  readonly scopes: readonly string[];
  readonly subject: ErrorSubject;
  readonly headers: Readonly<Record<string, string>>;
}

/** A mirror is there to be quick; behind it is the registry itself. */
const MIRROR_ATTEMPTS = 2;

/** One server of a registry: found on first use, with or without TLS, and asked with credentials. */
export class Connection {
  readonly isMirror: boolean;
  readonly policy: RetryPolicy;
  readonly #endpoint: Endpoint;
  readonly #parts: AuthorizerParts;
  readonly #purpose: ConnectionPurpose;
  readonly #authorizer: Authorizer;
  #base: Promise<URL> | undefined;
  #learnedScopes: readonly string[] = [];

  constructor(endpoint: Endpoint, purpose: ConnectionPurpose, parts: AuthorizerParts) {
    const { isMirror } = endpoint;
    const { maxAttempts } = parts.policy;
    this.isMirror = isMirror;
    this.policy = {
      ...parts.policy,
      maxAttempts: isMirror ? Math.min(maxAttempts, MIRROR_ATTEMPTS) : maxAttempts,
    };
    this.#endpoint = endpoint;
    this.#parts = { ...parts, policy: this.policy };
    this.#purpose = purpose;
    // What opens the registry must not be told to those who copy it.
    this.#authorizer = new Authorizer(this.#parts, isMirror ? ANONYMOUS : purpose.credentials);
  }

  /** A Location that this registry gave in an answer, as a URL that may be asked. */
  resolve(location: string, from: URL): Promise<URL> {
    return resolveLocation(this.#parts.transport, { location, from });
  }

  /** As findLoginToken() of the authorizer, once the registry has said what it wants. */
  async findLoginToken(): Promise<Token | undefined> {
    return this.#authorizer.findLoginToken(await this.base());
  }

  /** The base of the API; the first call finds out which one answers. */
  base(): Promise<URL> {
    this.#base ??= this.#findBase();
    return this.#base;
  }

  /** Sends a request until there is an answer. */
  request(request: RegistryRequest): Promise<Answer> {
    return retry(this.policy, () => this.send(request));
  }

  /** As request(), with the body in whole; `what` names it in errors. */
  requestWhole(
    request: RegistryRequest,
    { maxBytes, what }: { readonly maxBytes: number; readonly what: string },
  ): Promise<{ readonly answer: Answer; readonly body: Uint8Array }> {
    return retry(this.policy, async () => {
      const answer = await this.send(request);
      return { answer, body: await answer.readWhole(maxBytes, what) };
    });
  }

  /** Sends a request once; a refusal is thrown, and as a TransientError where another try may help. */
  async send(request: RegistryRequest): Promise<Answer> {
    const base = await this.base();
    const url =
      typeof request.target === "string" ? urlBelow(base, request.target) : request.target;
    const scopes = this.#scopesFor(request);
    // A URL of another server, such as one that takes uploads for the registry, gets no credentials.
    const isOwn = url.origin === base.origin;
    const header = isOwn ? await this.#authorize(base, scopes, { ...request, url }) : undefined;
    const answer = await this.#exchange(request, url, header);
    if (!isOwn || answer.status !== 401 || answer.url.origin !== base.origin) {
      return this.#accept(answer, request);
    }
    return this.#sendAgain(answer, { request, url, scopes, header });
  }

  /** After a 401: with a new token, or with what the registry says here that it wants. */
  async #sendAgain(
    refusal: Answer,
    { request, url, scopes, header }: RefusedRequest,
  ): Promise<Answer> {
    const base = await this.base();
    const challenges = challengesOf(refusal.headers);
    this.#authorizer.setChallenges(challenges);
    this.#learnedScopes = scopesOf(challenges);
    const wanted = this.#scopesFor(request);
    if (!this.#authorizer.renew(base, scopes, header)) return this.#accept(refusal, request);
    if (isStream(request.body)) {
      const error = await toRegistryError(refusal, this.#subject(request));
      throw error instanceof EngineError ? new TransientError(error) : error;
    }
    await refusal.discard();
    const again = await this.#authorize(base, wanted, { ...request, url });
    return this.#accept(await this.#exchange(request, url, again), request);
  }

  #scopesFor({ scopes = [] }: RegistryRequest): readonly string[] {
    return [...new Set([...this.#purpose.scopes, ...scopes, ...this.#learnedScopes])];
  }

  #exchange(request: RegistryRequest, url: URL, header: string | undefined): Promise<Answer> {
    const { method, body, headers } = request;
    return sendFollowing(this.#parts.transport, {
      method,
      url,
      headers: {
        ...this.#purpose.headers,
        ...headers,
        ...(header === undefined ? {} : { authorization: header }),
      },
      ...(body === undefined ? {} : { body }),
      signal: this.policy.signal,
    });
  }

  async #accept(answer: Answer, request: RegistryRequest): Promise<Answer> {
    if (answer.status < 300 || request.accept?.includes(answer.status) === true) return answer;
    throw await toRegistryError(answer, this.#subject(request));
  }

  #subject({ reference }: RegistryRequest): ErrorSubject {
    return { ...this.#purpose.subject, ...(reference === undefined ? {} : { reference }) };
  }

  async #authorize(
    base: URL,
    scopes: readonly string[],
    { method, url }: { readonly method: Method; readonly url: URL },
  ): Promise<string | undefined> {
    try {
      return await this.#authorizer.findHeader(base, scopes);
    } catch (error) {
      if (!(error instanceof EngineError) || error.message !== "no basic auth credentials") {
        throw error;
      }
      throw new EngineError("unauthorized", requestError({ method, url }, error.message).message);
    }
  }

  async #findBase(): Promise<URL> {
    const { base, challenges } = await findBase(this.#endpoint, this.#parts.transport, this.policy);
    this.#authorizer.setChallenges(challenges);
    return base;
  }
}

interface RefusedRequest {
  readonly request: RegistryRequest;
  readonly url: URL;
  readonly scopes: readonly string[];
  readonly header: string | undefined;
}

/** A mirror may know a repository by another name than the one asked for. */
function scopesOf(challenges: readonly Challenge[]): readonly string[] {
  return challenges.flatMap(({ parameters }) => {
    const scope = parameters.get("scope") ?? "";
    return scope === "" ? [] : scope.split(" ");
  });
}
