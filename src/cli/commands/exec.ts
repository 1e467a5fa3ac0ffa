import { ExecApi } from "../../client/execs.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool, checkedList, list, text } from "../flags/flag.ts";
import { detachKeys } from "../flags/shared-flags.ts";
import { parseEnvironment, readEnvironment } from "../run/environment.ts";
import { checkTty } from "../terminal/check-tty.ts";
import { leaveOnSignal } from "../terminal/proxy-signals.ts";
import { DETACHED, followWindowSize, serveSession } from "../terminal/session.ts";

const FLAGS = {
  detach: bool("Detached mode: run command in the background", { short: "d" }),
  "detach-keys": detachKeys(),
  env: checkedList("Set environment variables", parseEnvironment, { short: "e" }),
  "env-file": list("Read in a file of environment variables"),
  interactive: bool("Keep STDIN open even if not attached", { short: "i" }),
  privileged: bool("Give extended privileges to the command"),
  tty: bool("Allocate a pseudo-TTY", { short: "t" }),
  user: text("Username or UID (format: <name|uid>[:<group|gid>])", { short: "u" }),
  workdir: text("Working directory inside the container", { short: "w" }),
} as const;

type ExecInvocation = Invocation<typeof FLAGS>;

export const exec = command({
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  operands: { min: 2 },
  stopAtOperand: true,
  completes: "running",
  flags: FLAGS,
  async run(invocation: ExecInvocation) {
    const { flags, operands, io, connect } = invocation;
    const stdin = flags.interactive && !flags.detach;
    await checkTty(flags.tty && stdin, io);
    const execs = new ExecApi(await connect());
    const body = await toExecBody(invocation, stdin);
    const id = await execs.create(operands[0] ?? "", body);
    if (!flags.detach) return runAttached(execs, id, invocation);
    await execs.startDetached(id, { Detach: true, Tty: flags.tty });
    return 0;
  },
});

async function toExecBody({ flags, operands, io }: ExecInvocation, stdin: boolean) {
  const [, ...Cmd] = operands;
  return {
    Cmd,
    Env: await readEnvironment(flags["env-file"], flags.env, io),
    User: flags.user,
    WorkingDir: flags.workdir,
    Privileged: flags.privileged,
    Tty: flags.tty,
    Detach: flags.detach,
    DetachKeys: flags["detach-keys"],
    AttachStdin: stdin,
    AttachStdout: !flags.detach,
    AttachStderr: !flags.detach,
  };
}

async function runAttached(
  execs: ExecApi,
  id: string,
  { flags, io }: ExecInvocation,
): Promise<number> {
  using signals = leaveOnSignal(io);
  const size = flags.tty ? await io.terminal.size() : undefined;
  const stream = await execs.start(id, {
    Detach: false,
    Tty: flags.tty,
    ...(size === undefined ? {} : { ConsoleSize: [size.rows, size.columns] }),
  });
  using _size = flags.tty ? followWindowSize(io, (now) => execs.resize(id, now)) : undefined;
  const options = {
    tty: flags.tty,
    stdin: flags.interactive,
    detachKeys: flags["detach-keys"],
  };
  const end = await Promise.race([signals.forced, serveSession(stream, options, io)]);
  if (end === "detached") throw new CommandError(DETACHED);
  const { ExitCode } = await execs.get(id);
  return ExitCode ?? 0;
}
