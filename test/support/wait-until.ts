import { PATIENCE_MS } from "./patience.ts";

const POLL_MS = 10;

/** Polls until a condition holds; after the limit it throws with what was waited for. */
export async function waitUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = PATIENCE_MS,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Waited ${limitMs} ms in vain until ${what}`);
    await Bun.sleep(POLL_MS);
  }
}
