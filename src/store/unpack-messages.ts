import type { ErrorKind } from "../base/errors.ts";
import type { LayerContent } from "./unpack-layer.ts";

/** What the store asks of an unpacking thread, about one of its jobs. */
export type UnpackRequest = { readonly job: number } & (
  | {
      readonly kind: "unpack";
      /** A file that may still grow. */
      readonly path: string;
      /** To be made. */
      readonly directory: string;
      readonly endMark: "required" | "optional";
    }
  | { readonly kind: "grow"; readonly sizeBytes: number; readonly isComplete: boolean }
  | { readonly kind: "inherit"; readonly lowers: readonly string[] }
  /** Ends the job, whatever it is at. */
  | { readonly kind: "end" }
);

/** What the thread answers. After "failed" and "ended" it knows nothing of the job any more. */
export type UnpackAnswer = { readonly job: number } & (
  | { readonly kind: "read"; readonly readBytes: number }
  | { readonly kind: "unpacked"; readonly content: LayerContent }
  | { readonly kind: "inherited" }
  | {
      readonly kind: "failed";
      readonly error: { readonly kind: ErrorKind; readonly message: string };
    }
  | { readonly kind: "ended" }
);
