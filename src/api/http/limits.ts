/** What one client may take. Going over a limit is an error, never a cut. */
export interface HttpLimits {
  /** Request line and header fields together. */
  readonly headBytes: number;
  readonly headerCount: number;
  /** A chunk's size line with its extensions. */
  readonly chunkLineBytes: number;
  readonly trailerBytes: number;
  /** From the first byte of a head to its last. */
  readonly headTimeoutMs: number;
  /** Between two requests. */
  readonly idleTimeoutMs: number;
  /** How much of a body that no one read is thrown away to keep the client from an error. */
  readonly drainBytes: number;
  /** How long a closed connection waits for the client to close too. */
  readonly lingerMs: number;
}

/** Go's figures where it has one, as Docker's clients are used to them. */
export const DEFAULT_LIMITS: HttpLimits = {
  headBytes: 64 * 1024,
  headerCount: 128,
  chunkLineBytes: 4096,
  trailerBytes: 8 * 1024,
  headTimeoutMs: 60_000,
  idleTimeoutMs: 300_000,
  drainBytes: 256 * 1024,
  lingerMs: 500,
};
