import { CommandError } from "../command.ts";
import type { Io } from "../io.ts";

/** A terminal in the container can only be typed at from a terminal. */
export async function checkTty(wanted: boolean, io: Io): Promise<void> {
  if (!wanted || (await io.terminal.isTerminal("stdin"))) return;
  throw new CommandError("the input device is not a TTY");
}
