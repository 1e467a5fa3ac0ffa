import { command } from "../command.ts";
import { print } from "../io.ts";
import { loadConfig } from "../registry/config-file.ts";
import { chooseStore, toHostname } from "../registry/credentials.ts";
import { HUB_SERVER } from "../registry/registry-auth.ts";

export const logout = command({
  usage: "[SERVER]",
  operands: { min: 0, max: 1 },
  flags: {},
  async run({ operands, io }) {
    const [server = ""] = operands;
    const host = server === "" ? HUB_SERVER : toHostname(server);
    await loadConfig(io); // One that cannot be read is told of before anything is done.
    await print(io.stdout, `Removing login credentials for ${host}\n`);
    const problems: string[] = [];
    const names = server === "" ? [HUB_SERVER] : listNames(server, host);
    for (const name of names) {
      try {
        // Read anew: the store before this one may have written the file.
        await (await chooseStore(await loadConfig(io), name, io)).remove(name);
      } catch (error) {
        problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
    if (problems.length < names.length) return 0;
    await print(io.stderr, `WARNING: could not erase credentials:\n${problems.join("")}`);
    return 0;
  },
});

/** The forms in which a server's name may have been kept. */
function listNames(server: string, host: string): readonly string[] {
  return [...new Set([server, host, `http://${host}`, `https://${host}`])];
}
