import { EngineError } from "../base/errors.ts";
import { type Digest, parseDigest } from "./digest.ts";
import {
  asFields,
  type Fields,
  fieldOf,
  fieldsOf,
  findList,
  findTexts,
  parseFields,
  sizeOf,
  textMapOf,
  textOf,
} from "./json-fields.ts";
import { type Platform, platformFrom } from "./platform.ts";

/** What is said of a blob where it is named. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  /** Where else it is to be had. */
  readonly urls?: readonly string[];
}

/** An image: its configuration and its layers, lowest first. */
export interface Manifest {
  readonly kind: "manifest";
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** What it describes where that is no image; else empty. */
  readonly artifactType: string;
}

/** A list of images, or of lists of them. */
export interface ImageIndex {
  readonly kind: "index";
  readonly manifests: readonly Descriptor[];
}

export const MEDIA_TYPE = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: {
    none: "application/vnd.oci.image.layer.v1.tar",
    gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
    zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  },
} as const;

/** Where names stand in an index. */
export const ANNOTATION = {
  name: "org.opencontainers.image.ref.name",
  fullName: "io.containerd.image.name",
  /** An attestation: it says something of an image, and is none. */
  attestation: "vnd.docker.reference.type",
} as const;

const INDEX_TYPES: readonly string[] = [
  MEDIA_TYPE.index,
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const MANIFEST_TYPES: readonly string[] = [
  MEDIA_TYPE.manifest,
  "application/vnd.docker.distribution.manifest.v2+json",
];

/** Whether an index names an image there, and not what is said about one. */
export function isImage({ annotations, platform }: Descriptor): boolean {
  return annotations[ANNOTATION.attestation] === undefined && platform?.os !== "unknown";
}

/** Reads a manifest or an index, OCI's or Docker's; `what` names it in errors. */
export function parseManifest(text: string, what: string): Manifest | ImageIndex {
  const fields = parseFields(text, what);
  if (fieldOf(fields, "schemaVersion") !== 2) {
    throw new EngineError("invalid", `Cannot read ${what}: it is not of schema version 2`);
  }
  const mediaType = textOf(fields, "mediaType");
  const manifests = findList(fields, "manifests");
  const isIndex = mediaType === "" ? manifests !== undefined : INDEX_TYPES.includes(mediaType);
  if (isIndex) return { kind: "index", manifests: (manifests ?? []).map(parseDescriptor) };
  if (mediaType !== "" && !MANIFEST_TYPES.includes(mediaType)) {
    throw new EngineError("invalid", `Cannot read ${what}: it is of type ${mediaType}`);
  }
  return {
    kind: "manifest",
    config: parseDescriptor(fieldsOf(fields, "config")),
    layers: (findList(fields, "layers") ?? []).map(parseDescriptor),
    artifactType: textOf(fields, "artifactType"),
  };
}

function parseDescriptor(value: unknown): Descriptor {
  const fields = asFields(value, "a descriptor");
  return {
    mediaType: textOf(fields, "mediaType"),
    digest: parseDigest(textOf(fields, "digest")),
    sizeBytes: requiredSize(fields),
    annotations: textMapOf(fields, "annotations"),
    ...(fieldOf(fields, "platform") === undefined
      ? {}
      : { platform: platformFrom(fieldsOf(fields, "platform")) }),
    ...(findTexts(fields, "urls") === undefined ? {} : { urls: findTexts(fields, "urls") ?? [] }),
  };
}

function requiredSize(fields: Fields): number {
  const size = sizeOf(fields, "size");
  if (size !== undefined) return size;
  throw new EngineError("invalid", "Cannot read a descriptor: it has no size");
}
