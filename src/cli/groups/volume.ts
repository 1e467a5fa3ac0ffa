import { type CommandGroup, entry } from "../command-group.ts";

/** `sampan volume …`. */
export const volume: CommandGroup = {
  name: "volume",
  about: "Manage volumes",
  entries: [
    entry("cp", "Copy files between a volume and this machine", async () => {
      return (await import("../commands/volume-cp.ts")).copyVolume;
    }),
    entry("create", "Create a volume", async () => {
      return (await import("../commands/volume-create.ts")).createVolume;
    }),
    entry("export", "Write what is in a volume to an archive", async () => {
      return (await import("../commands/volume-archive.ts")).exportVolume;
    }),
    entry("import", "Unpack an archive in a volume", async () => {
      return (await import("../commands/volume-archive.ts")).importVolume;
    }),
    entry("inspect", "Show everything known about one or more volumes", async () => {
      return (await import("../commands/inspect.ts")).inspectVolume;
    }),
    entry(["ls", "list"], "List volumes", async () => {
      return (await import("../commands/volume-ls.ts")).listVolumes;
    }),
    entry("prune", "Remove unused volumes", async () => {
      return (await import("../commands/prune.ts")).pruneVolumes;
    }),
    entry(["rm", "remove"], "Remove one or more volumes", async () => {
      return (await import("../commands/volume-rm.ts")).removeVolumes;
    }),
  ],
};
