import type { Io } from "../io.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Runs what may last for ever; an interrupt stops it, and gives the exit code a shell expects. */
export async function abortOnInterrupt(
  io: Io,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  let interrupted: keyof typeof EXIT_CODES | undefined;
  const stop = (name: keyof typeof EXIT_CODES) => () => {
    interrupted = name;
    controller.abort();
  };
  using _interrupt = io.onSignal("SIGINT", stop("SIGINT"));
  using _terminate = io.onSignal("SIGTERM", stop("SIGTERM"));
  try {
    const code = await run(controller.signal);
    return interrupted === undefined ? code : EXIT_CODES[interrupted];
  } catch (error) {
    if (interrupted === undefined) throw error;
    return EXIT_CODES[interrupted];
  }
}
