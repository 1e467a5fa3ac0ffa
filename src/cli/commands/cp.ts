import { ContainerFileApi } from "../../client/container-files.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { ContainerCopy } from "../copy/container-copy.ts";
import { bool } from "../flags/flag.ts";

const FLAGS = {
  archive: bool("Archive mode (copy all uid/gid information)", { short: "a" }),
  "follow-link": bool("Always follow symbol link in SRC_PATH", { short: "L" }),
  quiet: bool(
    "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached",
    { short: "q" },
  ),
} as const;

export const copyContainer = command({
  usage:
    "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n       sampan cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  operands: { min: 2, max: 2 },
  completes: "containers",
  flags: FLAGS,
  async run({ flags, given, operands, io, connect }: Invocation<typeof FLAGS>) {
    const [source, target] = [parseSide(operands[0] ?? ""), parseSide(operands[1] ?? "")];
    const isQuiet = given.has("quiet") ? flags.quiet : !(await io.terminal.isTerminal("stdout"));
    const options = { ...flags, followLink: flags["follow-link"], quiet: isQuiet };
    const copy = async () => new ContainerCopy(new ContainerFileApi(await connect()), io, options);
    if (source.container !== "" && target.container !== "") {
      throw new CommandError("copying between containers is not supported");
    }
    if (source.container !== "") await (await copy()).receive(source, target.path);
    else if (target.container !== "") await (await copy()).send(source.path, target);
    else throw new CommandError("must specify at least one container source");
    return 0;
  },
});

/** A path of this machine has no container. One with a colon begins with `.` or `/`, as in Docker. */
function parseSide(text: string) {
  const colon = text.indexOf(":");
  if (text.startsWith("/") || colon < 0 || text.startsWith(".")) {
    return { container: "", path: text };
  }
  return { container: text.slice(0, colon), path: text.slice(colon + 1) };
}
