import type { DescriptorView, ManifestView } from "../../engine/image-facade.ts";
import { type PlatformJson, toPlatformJson } from "./platform-json.ts";

/** How a registry names a thing. */
export interface DescriptorJson {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: PlatformJson;
}

/** One of an image's manifests. */
export interface ManifestJson {
  readonly ID: string;
  readonly Descriptor: DescriptorJson;
  readonly Available: boolean;
  readonly Size: { readonly Content: number; readonly Total: number };
  readonly Kind: ManifestView["kind"];
  readonly ImageData?: object;
  readonly AttestationData?: object;
}

export function toDescriptorJson(view: DescriptorView): DescriptorJson {
  const { mediaType, digest, sizeBytes, platform } = view;
  const named = platform === undefined ? {} : { platform: toPlatformJson(platform) };
  return { mediaType, digest, size: sizeBytes, ...named };
}

export function toManifestJson(view: ManifestView): ManifestJson {
  const { descriptor, isAvailable, contentBytes, kind } = view;
  const unpackedBytes = view.kind === "image" ? view.unpackedBytes : 0;
  return {
    ID: descriptor.digest,
    Descriptor: toDescriptorJson(descriptor),
    Available: isAvailable,
    Size: { Content: contentBytes, Total: contentBytes + unpackedBytes },
    Kind: kind,
    ...toKindData(view),
  };
}

function toKindData(view: ManifestView): Pick<ManifestJson, "ImageData" | "AttestationData"> {
  switch (view.kind) {
    case "image": {
      const { platform, containers, unpackedBytes } = view;
      return {
        ImageData: {
          Platform: toPlatformJson(platform),
          Containers: containers,
          Size: { Unpacked: unpackedBytes },
        },
      };
    }
    case "attestation":
      return { AttestationData: { For: view.attests } };
    case "unknown":
      return {};
  }
}
