import { EngineError } from "../base/errors.ts";
import { type Digest, digestOf, parseDigest } from "../oci/digest.ts";
import type { Answer } from "./answer.ts";
import type { Connection, RegistryRequest } from "./connection.ts";
import { findContentLength } from "./header-values.ts";

/** A manifest as the registry has it. */
export interface RemoteManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** What a registry tells of a manifest without sending it. */
export interface ManifestSummary {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/** The repository by the registry's name and by people's. */
export interface RepositoryName {
  readonly name: string;
  readonly path: string;
}

/** "Registries SHOULD enforce some limit of 4 MiB": more is no manifest that anyone could have pushed. */
const MAX_BYTES = 4 * 1024 * 1024;

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  // Last, for the registries that have nothing else: the reader then says what is wrong with it.
  "application/json",
].join(", ");

/** Gets a manifest and verifies it against the digest that was asked for, or the one the registry tells. */
export async function getManifest(
  connection: Connection,
  repository: RepositoryName,
  tagOrDigest: string,
): Promise<RemoteManifest> {
  const reference = referenceOf(repository, tagOrDigest);
  const request: RegistryRequest = {
    method: "GET",
    target: manifestPath(repository, tagOrDigest),
    headers: { accept: ACCEPT },
    reference,
  };
  const limits = { maxBytes: MAX_BYTES, what: `the manifest of ${reference}` };
  const { answer, body: bytes } = await connection.requestWhole(request, limits);
  const told = wantedDigest(answer, tagOrDigest);
  const digest = digestOf(bytes);
  if (told !== undefined && told !== digest) {
    throw new EngineError(
      "unavailable",
      `manifest verification failed for digest ${told}: the bytes that ${answer.url.host} sent for ${reference} have ${digest}`,
    );
  }
  return { mediaType: mediaTypeOf(answer, bytes), digest, bytes };
}

/** Asks for a manifest's digest; the registries that tell none with HEAD send it whole. */
export async function findManifest(
  connection: Connection,
  repository: RepositoryName,
  tagOrDigest: string,
): Promise<ManifestSummary | undefined> {
  const answer = await connection.request({
    method: "HEAD",
    target: manifestPath(repository, tagOrDigest),
    headers: { accept: ACCEPT },
    reference: referenceOf(repository, tagOrDigest),
    accept: [404],
  });
  await answer.discard();
  if (answer.status === 404) return undefined;
  const digest = wantedDigest(answer, tagOrDigest);
  const mediaType = answer.headers.get("content-type");
  const sizeBytes = findContentLength(answer.headers.get("content-length"));
  if (digest !== undefined && mediaType !== null && sizeBytes !== undefined) {
    return { digest, mediaType: withoutParameters(mediaType), sizeBytes };
  }
  const manifest = await getManifest(connection, repository, tagOrDigest);
  return {
    digest: manifest.digest,
    mediaType: manifest.mediaType,
    sizeBytes: manifest.bytes.length,
  };
}

/** Stores a manifest and checks that the registry has the same bytes. */
export async function putManifest(
  connection: Connection,
  repository: RepositoryName,
  manifest: {
    readonly tagOrDigest: string;
    readonly mediaType: string;
    readonly bytes: Uint8Array;
  },
): Promise<Digest> {
  const { tagOrDigest, mediaType, bytes } = manifest;
  const digest = digestOf(bytes);
  if (tagOrDigest.includes(":") && tagOrDigest !== digest) {
    throw new EngineError("invalid", `Cannot push ${tagOrDigest}: the manifest has ${digest}`);
  }
  const answer = await connection.request({
    method: "PUT",
    target: manifestPath(repository, tagOrDigest),
    headers: { "content-type": mediaType },
    body: new Uint8Array(bytes),
  });
  await answer.discard();
  const told = answer.headers.get("docker-content-digest");
  if (told === null || told === "" || told === digest) return digest;
  throw new EngineError(
    "unavailable",
    `Cannot push ${referenceOf(repository, tagOrDigest)}: ${answer.url.host} says that it stored ${told} in place of ${digest}`,
  );
}

/** Where a manifest is below a registry's base. */
export function manifestPath({ path }: RepositoryName, tagOrDigest: string): string {
  return `/v2/${path}/manifests/${encodeURIComponent(tagOrDigest).replaceAll("%3A", ":")}`;
}

function referenceOf({ name }: RepositoryName, tagOrDigest: string): string {
  return `${name}${tagOrDigest.includes(":") ? "@" : ":"}${tagOrDigest}`;
}

function wantedDigest(answer: Answer, tagOrDigest: string): Digest | undefined {
  if (tagOrDigest.includes(":")) return parseDigest(tagOrDigest);
  const header = answer.headers.get("docker-content-digest");
  // A digest of another algorithm cannot be checked; the bytes get one of ours all the same.
  return header?.startsWith("sha256:") === true ? parseDigest(header) : undefined;
}

/** What the manifest says of itself counts more than what is said about it. OCI image spec, "mediaType". */
function mediaTypeOf(answer: Answer, bytes: Uint8Array): string {
  const own = findMediaType(bytes);
  return own ?? withoutParameters(answer.headers.get("content-type") ?? "");
}

function findMediaType(bytes: Uint8Array): string | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value !== "object" || value === null || !("mediaType" in value)) return undefined;
    return typeof value.mediaType === "string" ? value.mediaType : undefined;
  } catch (cause) {
    throw new EngineError("unavailable", "error unmarshalling content: the manifest is not JSON", {
      cause,
    });
  }
}

function withoutParameters(contentType: string): string {
  return contentType.split(";", 1)[0]?.trim() ?? "";
}
