import { type CommandGroup, entry } from "../command-group.ts";

/** `sampan network …`. */
export const network: CommandGroup = {
  name: "network",
  about: "Manage networks",
  entries: [
    entry("connect", "Connect a container to a network", async () => {
      return (await import("../commands/network-connect.ts")).networkConnect;
    }),
    entry("create", "Create a network", async () => {
      return (await import("../commands/network-create.ts")).networkCreate;
    }),
    entry("disconnect", "Disconnect a container from a network", async () => {
      return (await import("../commands/network-connect.ts")).networkDisconnect;
    }),
    entry("inspect", "Show everything known about one or more networks", async () => {
      return (await import("../commands/inspect.ts")).inspectNetwork;
    }),
    entry(["ls", "list"], "List networks", async () => {
      return (await import("../commands/network-ls.ts")).networkLs;
    }),
    entry("prune", "Remove all unused networks", async () => {
      return (await import("../commands/prune.ts")).pruneNetworks;
    }),
    entry(["rm", "remove"], "Remove one or more networks", async () => {
      return (await import("../commands/network-rm.ts")).networkRm;
    }),
  ],
};
