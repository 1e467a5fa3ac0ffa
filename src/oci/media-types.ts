import { EngineError } from "../base/errors.ts";
import { type Descriptor, type Manifest, MEDIA_TYPE } from "./manifest.ts";

const DOCKER = "application/vnd.docker";
const CONFIGS: readonly string[] = [
  MEDIA_TYPE.config,
  `${DOCKER}.container.image.v1+json`,
  // Docker took anything once; some programs name none.
  "application/octet-stream",
  "",
];
const EMPTY = "application/vnd.oci.empty.v1+json";

const LAYERS: readonly string[] = [
  ...Object.values(MEDIA_TYPE.layer),
  ...["tar", "tar+gzip", "tar+zstd"].map(
    (form) => `application/vnd.oci.image.layer.nondistributable.v1.${form}`,
  ),
  `${DOCKER}.image.rootfs.diff.tar`,
  `${DOCKER}.image.rootfs.diff.tar.gzip`,
  `${DOCKER}.image.rootfs.diff.tar.zstd`,
  `${DOCKER}.image.rootfs.foreign.diff.tar`,
  `${DOCKER}.image.rootfs.foreign.diff.tar.gzip`,
];

/** Refuses a manifest that describes something else than an image, such as a chart or a signature. */
export function checkImageTypes({ config, layers, artifactType }: Manifest, name: string): void {
  if (!CONFIGS.includes(config.mediaType)) {
    const type = config.mediaType === EMPTY ? artifactType || "none" : config.mediaType;
    throw new EngineError(
      "invalid",
      `unsupported media type ${config.mediaType}: ${name} is no image but an artifact of type ${type}`,
    );
  }
  const strange = layers.find(({ mediaType }) => !LAYERS.includes(mediaType));
  if (strange === undefined) return;
  throw new EngineError(
    "invalid",
    `unsupported media type ${strange.mediaType} of layer ${strange.digest} of ${name}`,
  );
}

/** Whether a registry need not have the layer: it lies at the addresses that its descriptor gives. */
export function isForeign({ mediaType }: Pick<Descriptor, "mediaType">): boolean {
  return mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.");
}
