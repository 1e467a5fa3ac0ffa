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
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args.map(toWord);
  return Number(symbols.sampan_syscall(number, a, b, c, d, e, f));
}

/** A NUL-terminated copy, as C wants it. */
export function cString(text: string): Uint8Array {
  return Buffer.from(`${text}\0`);
}

/** The address of memory that the kernel is to read through another structure. The caller keeps it alive. */
export function addressOf(memory: NodeJS.TypedArray): number {
  return ptr(memory);
}

function toWord(argument: Argument): number | bigint {
  if (typeof argument === "number" || typeof argument === "bigint") return argument;
  // ptr() refuses empty memory; the kernel takes a null pointer with length 0.
  return argument.byteLength === 0 ? 0 : ptr(argument);
}
