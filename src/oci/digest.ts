import { EngineError } from "../base/errors.ts";

declare const brand: unique symbol;

/** A checked `sha256:…` digest. Only parseDigest() makes one, so holding one is the proof. */
export type Digest = string & { readonly [brand]: "Digest" };

const PATTERN = /^sha256:[0-9a-f]{64}$/;

export function parseDigest(text: string): Digest {
  if (PATTERN.test(text)) return text as Digest;
  throw new EngineError("invalid", `Cannot parse digest "${text}": want sha256:<64 hex digits>`);
}
