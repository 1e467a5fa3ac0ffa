import { EngineError } from "../base/errors.ts";
import { type Digest, parseDigest } from "./digest.ts";

/** The name of an image, in full. Only this file's functions make one. */
export interface Reference {
  /** The registry, such as `docker.io`. */
  readonly domain: string;
  /** The repository in it, such as `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_DOMAIN = "docker.io";
const LEGACY_DOMAIN = "index.docker.io";
const OFFICIAL = "library/";
const DEFAULT_TAG = "latest";
const MAX_NAME = 255;

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const REFERENCE = new RegExp(
  `^(?<domain>${DOMAIN})/(?<path>${COMPONENT}(?:/${COMPONENT})*)` +
    "(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?<digest>[A-Za-z0-9_+.:-]+))?$",
);
const ID = /^[a-f0-9]{64}$/;

/** Reads a name as people write it: `busybox`, `user/app:1`, `host:5000/app@sha256:…`. */
export function parseReference(text: string): Reference {
  if (ID.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [domain, rest] = splitDomain(text);
  const path = rest.split(/[:@]/, 1)[0] ?? "";
  if (path !== path.toLowerCase()) {
    throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  const groups = REFERENCE.exec(`${domain}/${rest}`)?.groups;
  if (groups === undefined) throw invalid("invalid reference format");
  const { tag, digest } = groups;
  if (`${domain}/${path}`.length > MAX_NAME) {
    throw invalid(`repository name must not be more than ${MAX_NAME} characters`);
  }
  return {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: checkedDigest(digest) }),
  };
}

/** As Docker adds `latest`, where there is neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: DEFAULT_TAG };
}

/** The repository in full, such as `docker.io/library/busybox`. */
export function repositoryOf({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** The reference in full. A digest says more than a tag, so a tag beside it is left out. */
export function formatReference(reference: Reference): string {
  return `${repositoryOf(reference)}${suffixOf(reference)}`;
}

/** The repository as people write it, such as `busybox`. */
export function familiarRepository({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const isOfficial = path.startsWith(OFFICIAL) && !path.includes("/", OFFICIAL.length);
  return isOfficial ? path.slice(OFFICIAL.length) : path;
}

/** The reference as people write it, such as `busybox:latest`. */
export function familiarReference(reference: Reference): string {
  return `${familiarRepository(reference)}${suffixOf(reference)}`;
}

function suffixOf({ tag, digest }: Reference): string {
  if (digest !== undefined) return `@${digest}`;
  return tag === undefined ? "" : `:${tag}`;
}

/** A first part is a registry when it cannot be a user: it has a dot, a port or a capital. */
function splitDomain(text: string): readonly [domain: string, rest: string] {
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const domain = isDomain && first !== LEGACY_DOMAIN ? first : DEFAULT_DOMAIN;
  const rest = isDomain ? text.slice(slash + 1) : text;
  const isOfficial = domain === DEFAULT_DOMAIN && !rest.includes("/");
  return [domain, isOfficial ? `${OFFICIAL}${rest}` : rest];
}

function checkedDigest(text: string): Digest {
  try {
    return parseDigest(text);
  } catch (cause) {
    throw new EngineError("invalid", "invalid reference format", { cause });
  }
}

function invalid(message: string): EngineError {
  return new EngineError("invalid", message);
}
