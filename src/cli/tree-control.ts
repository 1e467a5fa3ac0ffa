import type { CommandEntry } from "./command-group.ts";

/** The commands that watch containers, and hold them. */
export const CONTROL_ENTRIES: readonly CommandEntry[] = [
  {
    names: ["pause"],
    about: "Pause all processes within one or more containers",
    load: async () => (await import("./commands/pause.ts")).pause,
  },
  {
    names: ["stats"],
    about: "Show what containers use, as it changes",
    load: async () => (await import("./commands/stats.ts")).stats,
  },
  {
    names: ["top"],
    about: "Show the running processes of a container",
    load: async () => (await import("./commands/top.ts")).top,
  },
  {
    names: ["unpause"],
    about: "Unpause all processes within one or more containers",
    load: async () => (await import("./commands/pause.ts")).unpause,
  },
  {
    names: ["wait"],
    about: "Wait until one or more containers stop, then print their exit codes",
    load: async () => (await import("./commands/wait.ts")).wait,
  },
  {
    names: ["why"],
    about: "Tell why containers did not start, or why they ended",
    load: async () => (await import("./commands/why.ts")).why,
  },
];

/** In the order in which help shows them. */
export function byName(entries: readonly CommandEntry[]): readonly CommandEntry[] {
  return entries.toSorted((one, other) => ((one.names[0] ?? "") < (other.names[0] ?? "") ? -1 : 1));
}
