import type { Transport } from "../client/transport.ts";
import type { Completable, FlagTable, FlagValues } from "./flags/flag.ts";
import type { Io } from "./io.ts";

/** A command: its options, and what it does. One file in `commands/` for each. */
export interface Command<F extends FlagTable = FlagTable> {
  /** What follows the command's path in the usage line. */
  readonly usage: string;
  readonly flags: F;
  /** How many operands it takes; no `max` means any number. */
  readonly operands: { readonly min: number; readonly max?: number };
  /** The first operand ends the options: the rest is somebody else's command line. */
  readonly stopAtOperand?: boolean;
  /** What the shell offers as operands: for any of them, or for each in turn. */
  readonly completes?: Completable | readonly Completable[];
  /** Returns the exit code. */
  run(invocation: Invocation<F>): Promise<number>;
}

/** One call of a command. */
export interface Invocation<F extends FlagTable = FlagTable> {
  /** As it was called, such as `sampan container ls`. */
  readonly path: string;
  readonly flags: FlagValues<F>;
  /** The long names of the options that were given. */
  readonly given: ReadonlySet<string>;
  readonly operands: readonly string[];
  readonly io: Io;
  readonly connect: Connect;
}

/** How requests get to the host that the user chose. With `start`, a daemon that is not there is started. */
export type Connect = (options?: { readonly start?: boolean }) => Promise<Transport>;

/** Declares a command, so that its run() sees the types of its own options. */
export function command<const F extends FlagTable>(definition: Command<F>): Command<F> {
  return definition;
}

/** A failure whose text is shown as it is, with the exit code that goes with it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
