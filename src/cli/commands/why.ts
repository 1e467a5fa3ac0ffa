import type { WhyJson } from "../../api/wire/why-json.ts";
import { ContainerApi } from "../../client/containers.ts";
import { FrameDecoder } from "../../client/frames.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { format } from "../flags/shared-flags.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";

const FLAGS = { format: format({ short: "f" }) } as const;

/** So many of a container's last lines are often what says most. */
const LAST_LINES = "5";
const MAX_SHOWN = 4096;

export const why = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: FLAGS,
  async run(invocation: Invocation<typeof FLAGS>) {
    const { operands, flags, io, connect } = invocation;
    const api = new ContainerApi(await connect());
    const found: WhyJson[] = [];
    const errors: unknown[] = [];
    for (const ref of operands) {
      try {
        found.push(await api.why(ref));
      } catch (error) {
        errors.push(error);
      }
    }
    if (flags.format !== "") {
      const { printObjects } = await import("../format/print-objects.ts");
      return await printObjects(io, flags.format, { found, errors });
    }
    const texts: string[] = [];
    for (const told of found) texts.push(formatWhy(told, await lastOutput(api, told)));
    await print(io.stdout, texts.join("\n"));
    if (errors.length === 0) return 0;
    throw new CommandError(errors.map(describeError).join("\n"));
  },
});

/** What is told, as a text of a few lines. */
function formatWhy(told: WhyJson, output: string): string {
  const lines = [
    `${told.Name} (${told.Status}): ${told.What}`,
    ...told.Why.map((line) => `  ${line}`),
    ...(told.Advice.length === 0 ? [] : ["What to do:", ...told.Advice.map((line) => `  ${line}`)]),
    ...(output === "" ? [] : ["Its last words:", ...output.split("\n").map((line) => `  ${line}`)]),
  ];
  return `${lines.join("\n")}\n`;
}

/** Empty where there are none, or where they are kept where they cannot be read. */
async function lastOutput(api: ContainerApi, { Id, Status }: WhyJson): Promise<string> {
  if (Status !== "exited") return "";
  try {
    const { Config } = await api.get(Id);
    const response = await api.logs(Id, {
      follow: false,
      since: "",
      until: "",
      timestamps: false,
      details: false,
      tail: LAST_LINES,
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = Config.Tty ? new TextDecoder().decode(bytes) : textOfFrames(bytes);
    return text.trimEnd().slice(-MAX_SHOWN);
  } catch {
    return "";
  }
}

function textOfFrames(bytes: Uint8Array): string {
  const pieces: Uint8Array[] = [];
  new FrameDecoder((_stream, piece) => pieces.push(piece)).push(bytes);
  return Buffer.concat(pieces).toString();
}
