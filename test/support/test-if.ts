import { test } from "bun:test";

type Body = Parameters<typeof test>[1];

/**
 * `test` where the condition holds; elsewhere a skip whose name says what is missing, so that it is
 * counted and listed, and never looks like a pass. A limit of its own is for what may take minutes.
 */
export function testIf(
  condition: boolean,
  missing: string,
  limitMs?: number,
): (name: string, body: Body) => void {
  return condition
    ? (name, body) => test(name, body, limitMs)
    : (name, body) => test.skip(`${name} (skipped: ${missing})`, body);
}

/** A test that needs root. */
export const testAsRoot = testIf(process.getuid?.() === 0, "not root");
