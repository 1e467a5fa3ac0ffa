import { hasDocker, type TestDaemon } from "./daemon.ts";
import type { Outcome, RunOptions } from "./run-program.ts";
import { testIf } from "./test-if.ts";

/** A command line that speaks to a daemon. */
export interface CommandLine {
  readonly name: "docker" | "sampan";
  readonly test: ReturnType<typeof testIf>;
  run(daemon: TestDaemon, args: readonly string[], options?: RunOptions): Promise<Outcome>;
}

const isRoot = process.getuid?.() === 0;

/** Docker's own and ours: what the one does the other does too. */
export const COMMAND_LINES: readonly CommandLine[] = [
  {
    name: "docker",
    test: testIf(isRoot && hasDocker, "no docker CLI, or not root"),
    run: (daemon, args, options) => daemon.docker(args, options),
  },
  {
    name: "sampan",
    test: testIf(isRoot, "not root"),
    run: (daemon, args, options) => daemon.sampan(args, options),
  },
];
