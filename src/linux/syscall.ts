import { getSystemErrorName } from "node:util";
import { type Argument, cString, raw } from "./native.ts";
import { SYS, type SyscallName } from "./numbers.ts";

/** A system call that the kernel refused: which call, on what, and the errno's name. */
export class SysError extends Error {
  override readonly name = "SysError";
  readonly call: string;
  readonly subject: string;
  /** The errno's name, such as `ENOENT`. */
  readonly code: string;
  readonly errno: number;

  constructor(call: string, subject: string, errno: number) {
    const code = errnoName(errno);
    super(subject === "" ? `${call}: ${code}` : `${call} ${subject}: ${code}`);
    this.call = call;
    this.subject = subject;
    this.code = code;
    this.errno = errno;
  }
}

/** The name of a (positive) errno, such as `ENOENT`. */
export function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    // Only errnos that libuv knows have a name there.
    return `errno ${errno}`;
  }
}

/** What a call is about, for the error, and what is passed. Texts become C strings. */
export interface Call {
  readonly subject?: string;
  readonly args: readonly (Argument | string)[];
}

/** Makes a system call; a refusal is thrown as {@link SysError}. */
export function syscall(name: SyscallName, { subject = "", args }: Call): number {
  const result = trySyscall(name, ...args);
  if (result < 0) throw new SysError(name, subject, -result);
  return result;
}

/** Makes a system call and returns its result or `-errno`, for callers to whom a refusal is an answer. */
export function trySyscall(name: SyscallName, ...args: readonly (Argument | string)[]): number {
  return raw(SYS[name], ...args.map(withoutText));
}

function withoutText(argument: Argument | string): Argument {
  return typeof argument === "string" ? cString(argument) : argument;
}

/** The errno's name of an error of this file's or of the platform's; undefined for all others. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
