import type {
  HistoryView,
  ImageRemoval,
  ImageRuntimeConfig,
  ImageView,
} from "../../engine/image-facade.ts";
import type { ApiVersion } from "../version.ts";
import { asKeys, GRAPH_DRIVERS } from "./container-json.ts";
import {
  type DescriptorJson,
  type ManifestJson,
  toDescriptorJson,
  toManifestJson,
} from "./manifest-json.ts";

/** One image of `GET /images/json`. */
export interface ImageSummary {
  readonly Containers: number;
  /** Unix seconds. */
  readonly Created: number;
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly ParentId: string;
  readonly RepoDigests: readonly string[];
  readonly RepoTags: readonly string[];
  readonly SharedSize: number;
  readonly Size: number;
  readonly VirtualSize?: number;
  readonly Descriptor?: DescriptorJson;
  readonly Manifests?: readonly ManifestJson[];
}

export function toImageSummary(image: ImageView, version: ApiVersion): ImageSummary {
  return {
    Containers: version >= 51 ? image.containers : -1,
    Created: unixSeconds(image.createdAt),
    Id: image.id,
    Labels: image.config.labels,
    ParentId: image.parent,
    RepoDigests: image.digests,
    RepoTags: image.tags,
    // Docker's way to say that nobody asked for it.
    SharedSize: image.sharedBytes ?? -1,
    Size: image.sizeBytes,
    ...(version < 44 ? { VirtualSize: image.sizeBytes } : {}),
    ...toRegistryFields(image, version),
  };
}

/** `GET /images/{name}/json`, as Docker 28 has it. */
export interface ImageJson {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Config: Readonly<Record<string, unknown>>;
  readonly Size: number;
  readonly [field: string]: unknown;
}

export function toImageJson(image: ImageView, version: ApiVersion): ImageJson {
  return {
    Id: image.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: image.parent,
    Comment: image.comment,
    Created: image.createdAt,
    DockerVersion: "",
    Author: image.author,
    Config: toImageConfig(image.config, version),
    // What the container was that it was made of; docker-compose 1 cannot do without.
    ...(version < 45
      ? { Container: "", ContainerConfig: toImageConfig(image.config, version) }
      : {}),
    Architecture: image.architecture,
    ...(image.variant === "" ? {} : { Variant: image.variant }),
    Os: image.os,
    Size: image.sizeBytes,
    ...(version < 44 ? { VirtualSize: image.sizeBytes } : {}),
    GraphDriver: toGraphDriver(image),
    RootFS: { Type: "layers", Layers: image.layers },
    Metadata: { LastTagTime: image.lastTaggedAt },
    ...toRegistryFields(image, version),
  };
}

/** Where the unpacked layers are, the topmost apart, as Docker shows them. */
function toGraphDriver({ directories = [] }: ImageView) {
  const [UpperDir, ...lowers] = directories;
  if (UpperDir === undefined) return { Data: null, Name: GRAPH_DRIVERS.overlay };
  const lower = lowers.length === 0 ? {} : { LowerDir: lowers.join(":") };
  return { Data: { ...lower, UpperDir }, Name: GRAPH_DRIVERS.overlay };
}

function toRegistryFields({ descriptor, manifests }: ImageView, version: ApiVersion) {
  return {
    ...(descriptor === undefined || version < 48
      ? {}
      : { Descriptor: toDescriptorJson(descriptor) }),
    ...(manifests === undefined || version < 47
      ? {}
      : { Manifests: manifests.map(toManifestJson) }),
  };
}

/** Fields of a container's Config that mean nothing in an image; until 1.49 they are there. */
const LEGACY_CONFIG = {
  Hostname: "",
  Domainname: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: "",
};

function toImageConfig(
  config: ImageRuntimeConfig,
  version: ApiVersion,
): Readonly<Record<string, unknown>> {
  const fields = {
    User: config.user,
    ExposedPorts: config.exposedPorts.length === 0 ? undefined : asKeys(config.exposedPorts),
    Env: config.env,
    Cmd: config.command ?? null,
    Volumes: config.volumes.length === 0 ? null : asKeys(config.volumes),
    WorkingDir: config.workingDir,
    Entrypoint: config.entrypoint ?? null,
    OnBuild: config.onBuild ?? null,
    Labels: Object.keys(config.labels).length === 0 ? null : config.labels,
    StopSignal: config.stopSignal === "" ? undefined : config.stopSignal,
    Shell: config.shell,
    Healthcheck: config.healthcheck,
  };
  if (version < 50) return { ...LEGACY_CONFIG, ...fields };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

/** One layer of `GET /images/{name}/history`. */
export interface HistoryJson {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

export function toHistoryJson(layer: HistoryView): HistoryJson {
  return {
    Id: layer.id,
    Created: unixSeconds(layer.createdAt),
    CreatedBy: layer.createdBy,
    Tags: layer.tags.length === 0 ? null : layer.tags,
    Size: layer.sizeBytes,
    Comment: layer.comment,
  };
}

export type ImageRemovalJson = { readonly Untagged: string } | { readonly Deleted: string };

export function toRemovalJson(removal: ImageRemoval): ImageRemovalJson {
  return "untagged" in removal ? { Untagged: removal.untagged } : { Deleted: removal.deleted };
}

function unixSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return Array.isArray(value) && value.length === 0;
}
