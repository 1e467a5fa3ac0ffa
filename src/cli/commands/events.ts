import { exactDigits, parseExact } from "../../client/json.ts";
import { SystemApi } from "../../client/system.ts";
import type { EventMessage } from "../../client/wire.ts";
import { command } from "../command.ts";
import { text } from "../flags/flag.ts";
import { filter, format } from "../flags/shared-flags.ts";
import { compileObject } from "../format/print-objects.ts";
import { print } from "../io.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";
import { parseMoment } from "../time.ts";

export const events = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    filter: filter({ short: "f" }),
    format: format(),
    since: text("Show all events created since timestamp"),
    until: text("Stream events until this timestamp"),
  },
  async run({ flags, io, connect }) {
    const system = new SystemApi(await connect());
    return abortOnInterrupt(io, async (signal) => {
      const query = {
        since: parseMoment(flags.since),
        until: parseMoment(flags.until),
        filters: flags.filter,
      };
      const show = await makeFormatter(flags.format);
      for await (const line of await system.events(query, signal)) {
        await print(io.stdout, `${show(line)}\n`);
      }
      return 0;
    });
  },
});

/** How a line of the stream is shown, as `--format` asks. */
export async function makeFormatter(written: string): Promise<(line: string) => string> {
  if (written === "json") return (line) => line;
  if (written === "") return (line) => formatUsual(parseExact(line) as EventMessage);
  const fill = await compileObject(written);
  return (line) => fill(withShortcuts(parseExact(line) as EventMessage));
}

function formatUsual({ Type, Action, Actor, time, timeNano }: EventMessage): string {
  const attributes = Object.entries(Actor.Attributes ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const list = attributes.map(([key, value]) => `${key}=${value}`).join(", ");
  const nanoseconds = (exactDigits(timeNano) ?? String(time * 1e9)).slice(-9).padStart(9, "0");
  const seconds = new Date(time * 1000).toISOString().slice(0, 19);
  const what = `${seconds}.${nanoseconds}Z ${Type} ${Action} ${Actor.ID}`;
  return list === "" ? what : `${what} (${list})`;
}

/** Templates also know an event by names that the newer API has dropped. */
function withShortcuts(event: EventMessage) {
  const { Attributes = {} } = event.Actor;
  return {
    ...event,
    Status: event.Action,
    ID: event.Actor.ID,
    From: Attributes["image"] ?? "",
    Scope: event.scope ?? "",
    Time: event.time,
    TimeNano: event.timeNano,
  };
}
