import { DEFAULT_HOST } from "../client/endpoint.ts";
import { ConnectionError } from "../client/errors.ts";
import { Transport } from "../client/transport.ts";
import type { Connect } from "./command.ts";
import type { FlagValues } from "./flags/flag.ts";
import type { GLOBAL_FLAGS } from "./global-flags.ts";
import { resolveEndpoint } from "./host.ts";
import type { Io } from "./io.ts";

/** How commands get their client, for the host that the global options chose. */
export function makeConnect(flags: FlagValues<typeof GLOBAL_FLAGS>, io: Io): Connect {
  const debug = flags.debug || flags["log-level"] === "debug";
  const trace = (line: string) => io.stderr.write(`DEBU ${line}\n`);
  return async ({ start = false } = {}) => {
    const endpoint = await resolveEndpoint(flags, io);
    const makeTransport = () => new Transport(endpoint, debug ? trace : undefined);
    const transport = makeTransport();
    if (!start || endpoint.host !== DEFAULT_HOST) return transport;
    try {
      await transport.version();
      return transport;
    } catch (error) {
      if (!(error instanceof ConnectionError) || !error.absent) throw error;
    }
    const { startDaemon } = await import("./start-daemon.ts");
    await startDaemon(io, makeTransport);
    return makeTransport();
  };
}
