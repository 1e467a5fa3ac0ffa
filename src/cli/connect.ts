import { Client } from "../client/client.ts";
import { DEFAULT_HOST } from "../client/endpoint.ts";
import { ConnectionError } from "../client/errors.ts";
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
    const makeClient = () => new Client(endpoint, debug ? trace : undefined);
    const client = makeClient();
    if (!start || endpoint.host !== DEFAULT_HOST) return client;
    try {
      await client.transport.version();
      return client;
    } catch (error) {
      if (!(error instanceof ConnectionError) || !error.absent) throw error;
    }
    const { startDaemon } = await import("./start-daemon.ts");
    await startDaemon(io, makeClient);
    return makeClient();
  };
}
