/**
 * The command line: finds the command, reads its options, runs it, and is the one place that tells
 * the user what failed. What commands do is in `commands/`; how they ask the daemon, in `client/`.
 */
import type { CommandEntry, CommandGroup } from "./command-group.ts";
import type { ParsedFlags } from "./flags/parse-flags.ts";
import { GLOBAL_FLAGS } from "./global-flags.ts";
import { type Io, type Output, print } from "./io.ts";
import { parseOrExplain } from "./parse-command.ts";
import { findGroup, findInGroup, findRootCommand, listAliases, listRows } from "./tree.ts";

type Globals = ParsedFlags<typeof GLOBAL_FLAGS>;

/** Runs one command line, without the program's name, and returns its exit code. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await runRoot(argv, io);
  } catch (error) {
    const { reportError } = await import("./report-error.ts");
    return reportError(error, io);
  }
}

async function runRoot(argv: readonly string[], io: Io): Promise<number> {
  if (argv[0] === "__complete") {
    const { complete } = await import("./completion/complete.ts");
    return complete(argv.slice(1), io);
  }
  const globals = parseOrExplain(GLOBAL_FLAGS, argv, {
    path: "sampan",
    usage: "[OPTIONS] COMMAND [ARG...]",
    stopAtOperand: true,
  });
  if (globals.values.version) return printVersion(io);
  const [name, ...rest] = globals.operands;
  if (name === undefined || (name === "help" && rest.length === 0)) {
    return printRootHelp(io, name === undefined && !globals.help ? io.stderr : io.stdout);
  }
  if (name === "help") return runNamed([...rest, "--help"], globals, io);
  return runNamed(globals.help ? [...globals.operands, "--help"] : globals.operands, globals, io);
}

async function runNamed(words: readonly string[], globals: Globals, io: Io): Promise<number> {
  const [name = "", ...rest] = words;
  const group = findGroup(name);
  if (group !== undefined) return runInGroup(group, rest, { globals, io });
  const entry = findRootCommand(name);
  if (entry !== undefined) return runEntry(entry, `sampan ${name}`, { args: rest, globals, io });
  const { unknownCommand } = await import("./unknown-command.ts");
  throw unknownCommand(name);
}

async function runInGroup(
  group: CommandGroup,
  words: readonly string[],
  context: { globals: Globals; io: Io },
): Promise<number> {
  const path = `sampan ${group.name}`;
  const { operands, help } = parseOrExplain({}, words, {
    path,
    usage: "COMMAND",
    stopAtOperand: true,
  });
  const [name, ...args] = operands;
  if (name === undefined) {
    const { describeGroup } = await import("./help.ts");
    const { stdout, stderr } = context.io;
    await print(
      help ? stdout : stderr,
      describeGroup(path, { about: group.about, rows: listRows(group) }),
    );
    return 0;
  }
  const entry = findInGroup(group, name);
  if (entry !== undefined) return runEntry(entry, `${path} ${name}`, { args, ...context });
  const { unknownCommand } = await import("./unknown-command.ts");
  throw unknownCommand(name, group);
}

async function runEntry(
  entry: CommandEntry,
  path: string,
  { args, globals, io }: { args: readonly string[]; globals: Globals; io: Io },
): Promise<number> {
  // Loaded beside each other: reading sources is most of the time that a short command takes.
  const [command, { makeConnect }] = await Promise.all([entry.load(), import("./connect.ts")]);
  const parsed = parseOrExplain(command.flags, args, { path, ...command });
  if (parsed.help) {
    const { describeCommand } = await import("./help.ts");
    const columns = (await io.terminal.size())?.columns ?? 80;
    await print(
      io.stdout,
      describeCommand(path, { about: entry.about, aliases: listAliases(entry), command }, columns),
    );
    return 0;
  }
  return command.run({
    path,
    flags: parsed.values,
    given: parsed.given,
    operands: parsed.operands,
    io,
    connect: makeConnect(globals.values, io),
  });
}

async function printVersion(io: Io): Promise<number> {
  const { CLIENT_VERSION } = await import("./client-version.ts");
  await print(io.stdout, `Sampan version ${CLIENT_VERSION}\n`);
  return 0;
}

async function printRootHelp(io: Io, output: Output): Promise<number> {
  const { describeRoot } = await import("./root-help.ts");
  const columns = (await io.terminal.size())?.columns ?? 80;
  await print(output, describeRoot(columns));
  return 0;
}
