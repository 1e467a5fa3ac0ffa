import { ContainerApi } from "../../client/containers.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool, type FlagValues, text } from "../flags/flag.ts";
import { detachKeys } from "../flags/shared-flags.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";
import { exitCodeOf } from "../run/exit-code.ts";
import { runAttached } from "../run/run-attached.ts";
import { checkTty } from "../terminal/check-tty.ts";

const FLAGS = {
  attach: bool("Attach STDOUT/STDERR and forward signals", { short: "a" }),
  checkpoint: text("Restore from this checkpoint"),
  "checkpoint-dir": text("Use a custom checkpoint storage directory"),
  "detach-keys": detachKeys(),
  interactive: bool("Attach container's STDIN", { short: "i" }),
} as const;

type StartInvocation = Invocation<typeof FLAGS>;

export const start = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "stopped",
  flags: FLAGS,
  async run(invocation: StartInvocation) {
    const { flags } = invocation;
    if (flags.attach || flags.interactive) return startAttached(invocation);
    return startAll(invocation);
  },
});

async function startAll({ operands, flags, io, connect }: StartInvocation): Promise<number> {
  const containers = new ContainerApi(await connect());
  const errors: string[] = [];
  const failed: string[] = [];
  for (const name of operands) {
    try {
      await containers.start(name, toCheckpoint(flags));
      await print(io.stdout, `${name}\n`);
    } catch (error) {
      errors.push(describeError(error));
      failed.push(name);
    }
  }
  if (failed.length === 0) return 0;
  const summary = `Error: failed to start containers: ${failed.join(", ")}`;
  throw new CommandError([...errors, summary].join("\n"));
}

async function startAttached({ operands, flags, io, connect }: StartInvocation): Promise<number> {
  const [name = "", ...more] = operands;
  if (more.length > 0) {
    throw new CommandError("you cannot start and attach multiple containers at once");
  }
  const containers = new ContainerApi(await connect());
  const { Id, Config, HostConfig } = await containers.get(name);
  const body = {
    Tty: Config.Tty,
    AttachStdin: flags.interactive && Config.OpenStdin,
    AttachStdout: true,
    AttachStderr: true,
  };
  await checkTty(body.Tty && body.AttachStdin, io);
  try {
    return await runAttached({
      containers,
      id: Id,
      body,
      checkpoint: toCheckpoint(flags),
      flags: {
        rm: HostConfig.AutoRemove,
        "sig-proxy": true,
        "detach-keys": flags["detach-keys"],
      },
      io,
    });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const code = exitCodeOf(error);
    throw new CommandError(describeError(error), code === 125 ? 1 : code, { cause: error });
  }
}

function toCheckpoint(flags: FlagValues<typeof FLAGS>) {
  return { checkpoint: flags.checkpoint, "checkpoint-dir": flags["checkpoint-dir"] };
}
