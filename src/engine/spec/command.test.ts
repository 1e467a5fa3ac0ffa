import { expect, test } from "bun:test";
import { type CommandParts, combineCommand } from "./command.ts";

const NONE: CommandParts = {};
const entry = ["/entry", "--x"];
const cmd = ["run", "it"];

// The Dockerfile reference's table, and what a request changes of it.
test.each<[CommandParts, CommandParts, readonly string[]]>([
  [NONE, { command: cmd }, ["run", "it"]],
  [NONE, { entrypoint: entry }, ["/entry", "--x"]],
  [NONE, { entrypoint: entry, command: cmd }, ["/entry", "--x", "run", "it"]],
  [{ command: ["other"] }, { entrypoint: entry, command: cmd }, ["/entry", "--x", "other"]],
  [{ command: [] }, { entrypoint: entry, command: cmd }, ["/entry", "--x", "run", "it"]],
  [{ entrypoint: ["/mine"] }, { entrypoint: entry, command: cmd }, ["/mine"]],
  [{ entrypoint: ["/mine"], command: ["a"] }, { entrypoint: entry, command: cmd }, ["/mine", "a"]],
  [{ entrypoint: [] }, { entrypoint: entry, command: cmd }, ["run", "it"]],
  [{ entrypoint: [], command: ["a"] }, { entrypoint: entry, command: cmd }, ["a"]],
  [{ entrypoint: [""], command: ["a"] }, { entrypoint: entry, command: cmd }, ["a"]],
  [{ command: ["a"] }, NONE, ["a"]],
])("%p with the image's %p runs %p", (asked, image, expected) => {
  const { path, args } = combineCommand(asked, image);

  expect([path, ...args]).toEqual([...expected]);
});

test.each<[CommandParts, CommandParts]>([
  [NONE, NONE],
  [{ entrypoint: [""] }, { entrypoint: entry, command: cmd }],
  [{ entrypoint: [] }, { entrypoint: entry }],
])("%p with the image's %p is no command", (asked, image) => {
  expect(() => combineCommand(asked, image)).toThrow("no command specified");
});
