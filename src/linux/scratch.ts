// Memory for names that a system call reads at once. An archive's unpacking makes some hundred thousand
// calls, and a buffer of its own for each name would cost as much as the calls do.

import { addressOf, fixedMemory } from "./native.ts";

const SLOT_BYTES = 4096;
const SLOTS = 2;

const { memory, address } = fixedMemory(SLOTS * SLOT_BYTES);

/** What no slot has room for: kept here as long as the kernel may read it. */
const long: Uint8Array[] = [];

/**
 * The address of a latin1 name as a C string, good until the same slot is asked for again. A call with
 * two names takes slot 1 for the second.
 */
export function nameAddress(name: string, slot: 0 | 1 = 0): number {
  if (name.length >= SLOT_BYTES) return longAddress(name, slot);
  const at = slot * SLOT_BYTES;
  memory[at + memory.write(name, at, "latin1")] = 0;
  return address + at;
}

function longAddress(name: string, slot: number): number {
  const bytes = Buffer.from(`${name}\0`, "latin1");
  long[slot] = bytes;
  return addressOf(bytes);
}
