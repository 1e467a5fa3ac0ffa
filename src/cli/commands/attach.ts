import { ContainerApi } from "../../client/containers.ts";
import type { ContainerDetails } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { detachKeys } from "../flags/shared-flags.ts";
import { toExitCode } from "../run/run-attached.ts";
import { checkTty } from "../terminal/check-tty.ts";
import { leaveOnSignal, proxySignals } from "../terminal/proxy-signals.ts";
import { DETACHED, followWindowSize, serveSession } from "../terminal/session.ts";

export const attach = command({
  usage: "[OPTIONS] CONTAINER",
  operands: { min: 1, max: 1 },
  completes: "running",
  flags: {
    "detach-keys": detachKeys(),
    "no-stdin": bool("Do not attach STDIN"),
    "sig-proxy": bool("Proxy all received signals to the process", { initial: true }),
  },
  async run({ flags, operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    const { Id, Config, State } = await containers.get(operands[0] ?? "");
    checkState(State);
    const stdin = !flags["no-stdin"] && Config.OpenStdin;
    await checkTty(Config.Tty && stdin, io);
    const proxied = flags["sig-proxy"] && !Config.Tty;
    using signals = proxied
      ? proxySignals(io, (signal) => containers.kill(Id, signal))
      : leaveOnSignal(io);
    const streams = { stdin, stdout: true, stderr: true };
    const stream = await containers.attach(Id, { ...streams, detachKeys: flags["detach-keys"] });
    const { exit } = await containers.wait(Id, "not-running");
    using _size = Config.Tty
      ? followWindowSize(io, async (size) => {
          // A size that differs makes the program draw its screen for the one who has just come.
          await containers.resize(Id, { ...size, rows: size.rows + 1 });
          await containers.resize(Id, size);
        })
      : undefined;
    const options = { tty: Config.Tty, stdin, detachKeys: flags["detach-keys"] };
    const end = await Promise.race([signals.forced, serveSession(stream, options, io)]);
    if (end === "detached") throw new CommandError(DETACHED);
    return toExitCode(await Promise.race([signals.forced, exit]));
  },
});

function checkState({ Running, Paused, Restarting }: ContainerDetails["State"]): void {
  if (!Running) throw new CommandError("You cannot attach to a stopped container, start it first");
  if (Paused) throw new CommandError("You cannot attach to a paused container, unpause it first");
  if (Restarting) {
    throw new CommandError("You cannot attach to a restarting container, wait until it is running");
  }
}
