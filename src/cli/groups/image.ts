import { type CommandGroup, entry } from "../command-group.ts";

/** `sampan image …`. */
export const image: CommandGroup = {
  name: "image",
  about: "Manage images",
  entries: [
    entry("history", "Show how an image was made", async () => {
      return (await import("../commands/history.ts")).history;
    }),
    entry("import", "Make an image of a root file system in a tar archive", async () => {
      return (await import("../commands/import.ts")).importImage;
    }),
    entry("inspect", "Show everything known about one or more images", async () => {
      return (await import("../commands/inspect.ts")).inspectImage;
    }),
    entry("load", "Load images from an archive or from standard input", async () => {
      return (await import("../commands/load.ts")).load;
    }),
    entry(["ls", "list"], "List images", async () => {
      return (await import("../commands/images.ts")).images;
    }),
    entry("prune", "Remove unused images", async () => {
      return (await import("../commands/prune.ts")).pruneImages;
    }),
    entry("pull", "Fetch an image from a registry", async () => {
      return (await import("../commands/pull.ts")).pull;
    }),
    entry("push", "Send an image to a registry", async () => {
      return (await import("../commands/push.ts")).push;
    }),
    entry(["rm", "remove"], "Remove one or more images", async () => {
      return (await import("../commands/rmi.ts")).rmi;
    }),
    entry("save", "Save images to an archive or to standard output", async () => {
      return (await import("../commands/save.ts")).save;
    }),
    entry("tag", "Give an image another name", async () => {
      return (await import("../commands/tag.ts")).tag;
    }),
  ],
};
