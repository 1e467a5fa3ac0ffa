import { dlopen, FFIType, ptr } from "bun:ffi";
import { join } from "node:path";

const LIBRARY = join(import.meta.dir, "../../build/native.so");

const LONG = FFIType.i64_fast;

const { symbols } = dlopen(LIBRARY, {
  sampan_syscall: { args: [LONG, LONG, LONG, LONG, LONG, LONG, LONG], returns: LONG },
});

/** What a system call takes: a number, or memory that stays the caller's and must outlive the call. */
export type Argument = number | bigint | NodeJS.TypedArray;

/** Makes one system call and returns its result, or `-errno`. syscall(2). */
export function raw(number: number, ...args: readonly Argument[]): number {
  // Word for word, as this is called thousands of times: a map would make an array or two each time.
  return Number(
    symbols.sampan_syscall(
      number,
      toWord(args[0]),
      toWord(args[1]),
      toWord(args[2]),
      toWord(args[3]),
      toWord(args[4]),
      toWord(args[5]),
    ),
  );
}

/** As raw(), for calls that are made very often: all words are there, and addresses are numbers. */
export function rawWords(number: number, words: Words): number {
  return Number(
    symbols.sampan_syscall(number, words[0], words[1], words[2], words[3], words[4] ?? 0, 0),
  );
}

/** The words of a call; those that are left out are 0. */
export type Words = readonly [number, number, number, number, number?];

/** A NUL-terminated copy, as C wants it. */
export function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

/** The address of memory that the kernel is to read through another structure. The caller keeps it alive. */
export function addressOf(memory: NodeJS.TypedArray): number {
  return ptr(memory);
}

/**
 * Memory whose address can be kept: that of a small array moves when something first asks for its
 * ArrayBuffer, so this has one from the beginning.
 */
export function fixedMemory(bytes: number): { readonly memory: Buffer; readonly address: number } {
  const memory = Buffer.from(new ArrayBuffer(bytes));
  return { memory, address: ptr(memory) };
}

function toWord(argument: Argument = 0): number | bigint {
  if (typeof argument === "number" || typeof argument === "bigint") return argument;
  // ptr() refuses empty memory; the kernel takes a null pointer with length 0.
  return argument.byteLength === 0 ? 0 : ptr(argument);
}
