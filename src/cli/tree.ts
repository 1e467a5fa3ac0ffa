import { type CommandEntry, type CommandGroup, entry } from "./command-group.ts";
import { image } from "./groups/image.ts";
import { network } from "./groups/network.ts";
import { volume } from "./groups/volume.ts";
import { byName, CONTROL_ENTRIES } from "./tree-control.ts";

const container: CommandGroup = {
  name: "container",
  about: "Manage containers",
  entries: byName([
    ...CONTROL_ENTRIES,
    entry("attach", "Attach this terminal's streams to a running container", async () => {
      return (await import("./commands/attach.ts")).attach;
    }),
    entry("create", "Create a container without starting it", async () => {
      return (await import("./commands/create.ts")).create;
    }),
    entry("exec", "Run a command in a running container", async () => {
      return (await import("./commands/exec.ts")).exec;
    }),
    entry("inspect", "Show everything known about one or more containers", async () => {
      return (await import("./commands/inspect.ts")).inspectContainer;
    }),
    entry("kill", "Send a signal to one or more running containers", async () => {
      return (await import("./commands/kill.ts")).kill;
    }),
    entry("logs", "Show what a container has written", async () => {
      return (await import("./commands/logs.ts")).logs;
    }),
    entry(["ls", "list", "ps"], "List containers", async () => {
      return (await import("./commands/ps.ts")).ps;
    }),
    entry("port", "Show where a container's ports are published", async () => {
      return (await import("./commands/port.ts")).port;
    }),
    entry("commit", "Create a new image from a container's changes", async () => {
      return (await import("./commands/commit.ts")).commit;
    }),
    entry("cp", "Copy files/folders between a container and the local filesystem", async () => {
      return (await import("./commands/cp.ts")).copyContainer;
    }),
    entry(
      "diff",
      "Inspect changes to files or directories on a container's filesystem",
      async () => {
        return (await import("./commands/diff.ts")).diff;
      },
    ),
    entry("export", "Export a container's filesystem as a tar archive", async () => {
      return (await import("./commands/export.ts")).exportContainer;
    }),
    entry("prune", "Remove all stopped containers", async () => {
      return (await import("./commands/prune.ts")).pruneContainers;
    }),
    entry("rename", "Rename a container", async () => {
      return (await import("./commands/rename.ts")).rename;
    }),
    entry("restart", "Restart one or more containers", async () => {
      return (await import("./commands/stop.ts")).restart;
    }),
    entry(["rm", "remove"], "Remove one or more containers", async () => {
      return (await import("./commands/rm.ts")).rm;
    }),
    entry("run", "Create a container from an image and run it", async () => {
      return (await import("./commands/run.ts")).run;
    }),
    entry("start", "Start one or more stopped containers", async () => {
      return (await import("./commands/start.ts")).start;
    }),
    entry("stop", "Stop one or more running containers", async () => {
      return (await import("./commands/stop.ts")).stop;
    }),
    entry("update", "Change running containers", async () => {
      return (await import("./commands/update.ts")).update;
    }),
  ]),
};

const system: CommandGroup = {
  name: "system",
  about: "Manage Sampan",
  entries: [
    entry("check", "Check whether what is stored is whole, and mend it", async () => {
      return (await import("./commands/system-check.ts")).systemCheck;
    }),
    entry("df", "Show what takes room on the disk", async () => {
      return (await import("./commands/system-df.ts")).systemDf;
    }),
    entry("events", "Show what happens, as it happens", async () => {
      return (await import("./commands/events.ts")).events;
    }),
    entry("info", "Show what the daemon and its host are and can do", async () => {
      return (await import("./commands/info.ts")).info;
    }),
    entry("prune", "Remove unused containers, networks and images", async () => {
      return (await import("./commands/prune.ts")).pruneSystem;
    }),
  ],
};

export const GROUPS: readonly CommandGroup[] = [container, image, network, system, volume];

/** Commands of a group that are also called without it, by the name they then have. */
const SHORTCUTS: Readonly<Record<string, readonly [CommandGroup, name: string]>> = {
  run: [container, "run"],
  exec: [container, "exec"],
  ps: [container, "ls"],
  images: [image, "ls"],
  info: [system, "info"],
  attach: [container, "attach"],
  commit: [container, "commit"],
  cp: [container, "cp"],
  create: [container, "create"],
  diff: [container, "diff"],
  events: [system, "events"],
  export: [container, "export"],
  history: [image, "history"],
  import: [image, "import"],
  kill: [container, "kill"],
  load: [image, "load"],
  logs: [container, "logs"],
  port: [container, "port"],
  prune: [system, "prune"],
  pull: [image, "pull"],
  push: [image, "push"],
  rename: [container, "rename"],
  restart: [container, "restart"],
  rm: [container, "rm"],
  rmi: [image, "rm"],
  save: [image, "save"],
  start: [container, "start"],
  stop: [container, "stop"],
  tag: [image, "tag"],
  update: [container, "update"],
  ...Object.fromEntries(CONTROL_ENTRIES.map(({ names: [name = ""] }) => [name, [container, name]])),
};

const OWN: readonly CommandEntry[] = [
  entry("version", "Show the versions of the client and the daemon", async () => {
    return (await import("./commands/version.ts")).version;
  }),
  entry("explain", "Show how a container is made, step by step", async () => {
    return (await import("./commands/explain.ts")).explain;
  }),
  entry(
    "inspect",
    "Show everything known about containers, images, networks and volumes",
    async () => {
      return (await import("./commands/inspect.ts")).inspect;
    },
  ),
  entry("search", "Search a registry for images", async () => {
    return (await import("./commands/search.ts")).search;
  }),
  entry("login", "Keep a user name and password for a registry", async () => {
    return (await import("./commands/login.ts")).login;
  }),
  entry("logout", "Forget the user name and password for a registry", async () => {
    return (await import("./commands/logout.ts")).logout;
  }),
  entry("completion", "Print a shell's completion script", async () => {
    return (await import("./commands/completion.ts")).completion;
  }),
];

/** The commands that help lists first. */
export const COMMON_NAMES = [
  "run",
  "exec",
  "ps",
  "pull",
  "push",
  "images",
  "login",
  "logout",
  "search",
  "explain",
  "version",
  "info",
];

/** Programs that share the command's name but not its machinery; `src/bin/` runs them. */
export const PROGRAMS: readonly { readonly name: string; readonly about: string }[] = [
  { name: "daemon", about: "Run the daemon in the foreground" },
];

/** Every command that is called without a group. */
export function listRootCommands(): readonly (readonly [name: string, CommandEntry])[] {
  const shortcuts = Object.keys(SHORTCUTS).flatMap((name) => {
    const found = findShortcut(name);
    return found === undefined ? [] : [[name, found] as const];
  });
  return [...shortcuts, ...OWN.map((own) => [own.names[0] ?? "", own] as const)];
}

export function findRootCommand(name: string): CommandEntry | undefined {
  return findShortcut(name) ?? OWN.find((own) => own.names.includes(name));
}

export function findGroup(name: string): CommandGroup | undefined {
  return GROUPS.find((group) => group.name === name);
}

export function findInGroup(group: CommandGroup, name: string): CommandEntry | undefined {
  return group.entries.find((candidate) => candidate.names.includes(name));
}

/** The commands of a group with what they are. */
export function listRows(group: CommandGroup): readonly (readonly [name: string, about: string])[] {
  return group.entries.map(({ names, about }) => [names[0] ?? "", about]);
}

/** Every way to call a command, where there is more than one. */
export function listAliases(wanted: CommandEntry): readonly string[] {
  const inGroups = GROUPS.flatMap((group) =>
    group.entries.includes(wanted)
      ? wanted.names.map((name) => `sampan ${group.name} ${name}`)
      : [],
  );
  const atRoot = Object.keys(SHORTCUTS)
    .filter((name) => findShortcut(name) === wanted)
    .map((name) => `sampan ${name}`);
  const all = [...inGroups, ...atRoot];
  return all.length > 1 ? all : [];
}

function findShortcut(name: string): CommandEntry | undefined {
  const target = Object.hasOwn(SHORTCUTS, name) ? SHORTCUTS[name] : undefined;
  return target === undefined ? undefined : findInGroup(...target);
}
