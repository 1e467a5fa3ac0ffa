import type { ImageView } from "../../../src/engine/image-facade.ts";

/** An image as small as they come. */
export function imageView(name: string): ImageView {
  return {
    id: `sha256:${"a".repeat(64)}`,
    tags: [name],
    digests: [],
    parent: "",
    comment: "",
    author: "",
    createdAt: "2026-11-23T10:00:00Z",
    architecture: "amd64",
    variant: "",
    os: "linux",
    sizeBytes: 4_000_000,
    layers: [`sha256:${"b".repeat(64)}`],
    config: {
      user: "",
      exposedPorts: [],
      env: ["PATH=/bin"],
      command: ["sh"],
      volumes: [],
      workingDir: "",
      labels: {},
      stopSignal: "",
    },
    lastTaggedAt: "2026-11-23T10:00:00Z",
    containers: 0,
  };
}

/** An image name in the short form, with a tag. */
export function withTag(ref: string): string {
  const short = ref.replace(/^docker\.io\/(library\/)?/, "");
  return /:[^/]*$/.test(short) ? short : `${short}:latest`;
}
