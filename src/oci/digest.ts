import { EngineError } from "../base/errors.ts";

declare const brand: unique symbol;

/** A checked `sha256:…` digest. Only this file makes one, so holding one is the proof. */
export type Digest = string & { readonly [brand]: "Digest" };

const PATTERN = /^sha256:[0-9a-f]{64}$/;

export function parseDigest(text: string): Digest {
  if (PATTERN.test(text)) return text as Digest;
  throw new EngineError("invalid", `Cannot parse digest "${text}": want sha256:<64 hex digits>`);
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return new Digester().update(bytes).digest();
}

/** The 64 digits, without the algorithm. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** Computes a digest of bytes that come in pieces. */
export class Digester {
  readonly #hasher = new Bun.CryptoHasher("sha256");

  update(bytes: Uint8Array | string): this {
    this.#hasher.update(bytes);
    return this;
  }

  /** To be called once, after the last piece. */
  digest(): Digest {
    return `sha256:${this.#hasher.digest("hex")}` as Digest;
  }
}

/**
 * The name of a layer together with all below it: OCI image spec, "Layer ChainID". For the diff ids of
 * an image, lowest first, one for each.
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) chain.push(chainIdOf(chain.at(-1) ?? null, diffId));
  return chain;
}

/** The chain id of a layer above another, or of the lowest one (null). */
export function chainIdOf(below: Digest | null, diffId: Digest): Digest {
  return below === null ? diffId : digestOf(`${below} ${diffId}`);
}
