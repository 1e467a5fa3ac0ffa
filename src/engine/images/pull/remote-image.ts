import { statfsSync } from "node:fs";
import { EngineError } from "../../../base/errors.ts";
import { type Digest, digestOf } from "../../../oci/digest.ts";
import { type ImageConfig, parseImageConfig } from "../../../oci/image.ts";
import { type Descriptor, isImage, type Manifest, parseManifest } from "../../../oci/manifest.ts";
import { checkImageTypes } from "../../../oci/media-types.ts";
import {
  chooseForPlatform,
  fitsPlatform,
  formatPlatform,
  type Platform,
} from "../../../oci/platform.ts";
import type { RemoteManifest, Repository } from "../../../registry/repository.ts";
import { MAX_LAYERS } from "../../../store/image-intake.ts";
import type { ManifestRow } from "../../../store/manifest-records.ts";

// As in Docker; what programs write has some kilobytes.
const MAX_CONFIG_BYTES = 8 << 20;
/** An index can hold an index; no program writes more than two levels. */
const MAX_DEPTH = 8;

/** What is known of an image at a registry before its layers come. */
export interface RemoteImage {
  /** Of what the tag stands for: the index, where there is one, else the manifest. */
  readonly digest: Digest;
  readonly id: Digest;
  /** Byte for byte. */
  readonly configBytes: Uint8Array;
  readonly config: ImageConfig;
  /** Lowest first. */
  readonly layers: readonly Descriptor[];
  /** The manifest, with the indexes that led to it after it. */
  readonly manifests: readonly ManifestRow[];
}

/** Which of several images a tag may stand for, and how to call it in errors. */
export interface Choice {
  readonly name: string;
  /** What runs here, or what the user asks for. */
  readonly platform: Platform;
  readonly isAsked: boolean;
}

/** Reads all of an image but its layers, and refuses what is no image for here. */
export async function readRemoteImage(
  repository: Repository,
  root: RemoteManifest,
  choice: Choice,
): Promise<RemoteImage> {
  const { manifest, rows } = await resolve(repository, [root], choice);
  checkImageTypes(manifest, choice.name);
  if (manifest.layers.length > MAX_LAYERS) throw new EngineError("invalid", "max depth exceeded");
  const configBytes = await repository.readSmallBlob(manifest.config, MAX_CONFIG_BYTES);
  const config = parseImageConfig(new TextDecoder().decode(configBytes));
  checkConfig(config, manifest, choice);
  return {
    digest: root.digest,
    id: digestOf(configBytes),
    configBytes,
    config,
    layers: manifest.layers,
    manifests: rows,
  };
}

/** Refuses at once what the disk has no room for: the archives alone would fill it. */
export function checkRoom(directory: string, layers: readonly Descriptor[]): void {
  const wanted = layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { bavail, bsize } = statfsSync(directory);
  if (wanted <= bavail * bsize) return;
  throw new EngineError(
    "internal",
    `no space left on device: the image's layers have ${wanted} bytes, and ${bavail * bsize} are free`,
  );
}

/** Follows indexes down to a manifest; `path` is the way so far, the newest first. */
async function resolve(
  repository: Repository,
  path: readonly RemoteManifest[],
  choice: Choice,
): Promise<{ readonly manifest: Manifest; readonly rows: readonly ManifestRow[] }> {
  const [newest] = path;
  if (newest === undefined || path.length > MAX_DEPTH) {
    throw new EngineError(
      "invalid",
      `Cannot pull ${choice.name}: its indexes hold each other too deep`,
    );
  }
  const document = parseManifest(new TextDecoder().decode(newest.bytes), newest.digest);
  if (document.kind === "manifest") return { manifest: document, rows: path.map(toRow) };
  const chosen = chooseForPlatform(document.manifests.filter(isImage), choice.platform);
  if (chosen === undefined) throw noMatch(document.manifests.filter(isImage), choice);
  return resolve(repository, [await repository.getManifest(chosen.digest), ...path], choice);
}

function toRow({ digest, mediaType, bytes }: RemoteManifest): ManifestRow {
  return { digest, mediaType, content: bytes };
}

function noMatch(offered: readonly Descriptor[], { platform, name }: Choice): EngineError {
  const platforms = offered.map((one) => one.platform && formatPlatform(one.platform));
  return new EngineError(
    "not-found",
    `no matching manifest for ${formatPlatform(platform)} in the manifest list entries: ` +
      `${name} is for ${platforms.join(", ") || "nothing"}`,
  );
}

function checkConfig(
  config: ImageConfig,
  { layers }: Manifest,
  { name, platform, isAsked }: Choice,
): void {
  if (config.diffIds.length !== layers.length) {
    throw new EngineError(
      "invalid",
      `invalid manifest, layers length mismatch: expected ${config.diffIds.length}, got ${layers.length}`,
    );
  }
  if (config.os !== "" && config.os !== "linux") {
    throw new EngineError(
      "invalid",
      `image operating system "${config.os}" cannot be used on this platform`,
    );
  }
  if (!isAsked || config.architecture === "" || fitsPlatform(config, platform)) return;
  throw new EngineError(
    "not-found",
    `image with reference ${name} was found but does not match the specified platform: ` +
      `wanted ${formatPlatform(platform)}, actual: ${formatPlatform(config)}`,
  );
}
