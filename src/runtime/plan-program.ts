import type { Process } from "../oci/runtime-spec.ts";
import type { Stdio } from "./model.ts";
import type { Step } from "./step.ts";

/** What a program's stdio follows from. */
export interface StdioInputs {
  readonly process: Process;
  readonly stdio: Stdio;
  /** Also give `/dev/console`: the first process of a container has one. */
  readonly console: boolean;
}

/** Opens what the monitor cannot: a terminal or a null device of the container's own. */
export function planStdio({ process, stdio, console }: StdioInputs): readonly Step[] {
  const { terminal } = stdio;
  if (terminal !== undefined) {
    const { rows, columns } = terminal;
    return [
      {
        op: "terminal",
        args: [rows, columns, process.user.uid, console ? "console" : "-"],
        what: `open a terminal of ${columns} by ${rows} as stdin, stdout and stderr`,
        why: "--tty",
      },
    ];
  }
  if (stdio.stdin) return [];
  return [
    { op: "null-stdin", args: [], what: "read stdin from /dev/null", why: "no --interactive" },
  ];
}

/** Becomes the program, by its last step. */
export function planProgram(process: Process, reaper: boolean): readonly Step[] {
  const { args = [], env = [] } = process;
  return [
    {
      op: "environment",
      args: env,
      what: `set ${env.length} variables: ${env.map((entry) => entry.split("=", 1)[0]).join(" ")}`,
      why: "--env and the image's ENV",
    },
    {
      op: reaper ? "exec-under-reaper" : "exec",
      args,
      what: `${reaper ? "under a reaper as PID 1, become" : "become"} ${args.map(quote).join(" ")}`,
      why: "the command, --entrypoint, the image's ENTRYPOINT and CMD",
    },
  ];
}

function quote(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : JSON.stringify(text);
}
