import { ContainerApi } from "../../client/containers.ts";
import { command, type Invocation } from "../command.ts";
import { alias, type FlagValues, text } from "../flags/flag.ts";
import { optionalInt } from "../flags/numbers.ts";
import { forEachOperand } from "./each.ts";

const timeout = optionalInt("Seconds to wait before killing the container", { short: "t" });

const FLAGS = {
  signal: text("Signal to send to the container", { short: "s" }),
  timeout,
  time: alias("timeout", timeout),
} as const;

export const stop = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "running",
  flags: FLAGS,
  async run({ flags, operands, io, connect }: Invocation<typeof FLAGS>) {
    const containers = new ContainerApi(await connect());
    return forEachOperand(operands, io, { act: (name) => containers.stop(name, toOptions(flags)) });
  },
});

export const restart = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: FLAGS,
  async run({ flags, operands, io, connect }: Invocation<typeof FLAGS>) {
    const containers = new ContainerApi(await connect());
    return forEachOperand(operands, io, {
      act: (name) => containers.restart(name, toOptions(flags)),
    });
  },
});

function toOptions(flags: FlagValues<typeof FLAGS>) {
  return { timeoutSeconds: flags.timeout, signal: flags.signal };
}
