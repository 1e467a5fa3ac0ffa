import { ContainerApi } from "../../client/containers.ts";
import { command } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { copyFrames, copyRaw } from "../terminal/copy-output.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";
import { parseMoment } from "../time.ts";

export const logs = command({
  usage: "[OPTIONS] CONTAINER",
  operands: { min: 1, max: 1 },
  completes: "containers",
  flags: {
    clear: bool("Remove what the container has logged so far, and show nothing"),
    details: bool("Show extra details provided to logs"),
    follow: bool("Follow log output", { short: "f" }),
    since: text('Show logs since timestamp, such as "2013-01-02T13:23:37Z", or since "42m" ago'),
    tail: text("Number of lines to show from the end of the logs", { short: "n", initial: "all" }),
    timestamps: bool("Show timestamps", { short: "t" }),
    until: text(
      'Show logs before a timestamp, such as "2013-01-02T13:23:37Z", or before "42m" ago',
    ),
  },
  async run({ flags: { clear, ...shown }, operands, io, connect }) {
    const [name = ""] = operands;
    const containers = new ContainerApi(await connect());
    if (clear) {
      await containers.clearLogs(name);
      return 0;
    }
    const { Config, Id } = await containers.get(name);
    const copier = Config.Tty ? copyRaw(io) : copyFrames(io);
    return abortOnInterrupt(io, async (signal) => {
      const query = {
        ...shown,
        since: parseMoment(shown.since),
        until: parseMoment(shown.until),
      };
      const { body } = await containers.logs(Id, query, signal);
      for await (const chunk of body ?? []) await copier.take(chunk);
      copier.end();
      return 0;
    });
  },
});
