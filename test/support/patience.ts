/**
 * How long a test waits for what surely comes, in milliseconds. Only what hangs is later than this, on
 * the busiest machine: nothing is told of speed by it. Less than the limit of a whole test.
 */
export const PATIENCE_MS = 300_000;
