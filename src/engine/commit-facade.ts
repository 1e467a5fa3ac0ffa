import type { RuntimeConfig } from "../oci/image.ts";

/** How an image is to be made of a container. */
export interface CommitRequest {
  /** `repository[:tag]`; empty: none. */
  readonly target: string;
  readonly comment: string;
  readonly author: string;
  /** Lines of a Dockerfile. */
  readonly changes: readonly string[];
  /** Halts the container's processes meanwhile. */
  readonly pause: boolean;
  /** What is to be other than the container has it; undefined: nothing. */
  readonly config?: RuntimeConfig;
}
