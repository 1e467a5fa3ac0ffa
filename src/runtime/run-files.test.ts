import { expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { RunFiles } from "./run-files.ts";

const ID = "a".repeat(64);
const OTHER = "b".repeat(64);

test("a program is known by its cgroup from create() to remove()", () => {
  using directory = new TemporaryDirectory();
  const files = new RunFiles(directory.path);

  expect(files.findCgroup(ID)).toBeUndefined();
  expect(files.create(ID, "/parent/a")).toBe(files.prefixOf(ID));
  expect(files.findCgroup(ID)).toBe("/parent/a");
  expect(new RunFiles(directory.path).list()).toEqual([ID]);
  files.remove(ID);
  expect(files.findCgroup(ID)).toBeUndefined();
  expect(files.list()).toEqual([]);
});

test.each(["", "/", "//", "/a/.."])(
  "a program whose cgroup is said to be '%s' has none",
  (path) => {
    using directory = new TemporaryDirectory();
    const files = new RunFiles(directory.path);
    writeFileSync(`${files.prefixOf(ID)}.cgroup`, path);

    expect(files.findCgroup(ID)).toBeUndefined();
    expect(files.list()).toEqual([ID]);
  },
);

test("create() and remove() take away all that a monitor left, and nothing of others", () => {
  using directory = new TemporaryDirectory();
  const files = new RunFiles(directory.path);
  files.create(OTHER, "/other");
  for (const again of ["create", "remove"] as const) {
    for (const ending of [".sock", ".exit", ".exit.new", ".cgroup.new"]) {
      writeFileSync(`${files.prefixOf(ID)}${ending}`, "");
    }
    if (again === "create") files.create(ID, "/new");
    else files.remove(ID);
    const left = readdirSync(join(directory.path, "run")).sort();
    expect(left).toEqual(
      again === "create" ? [`${ID}.cgroup`, `${OTHER}.cgroup`] : [`${OTHER}.cgroup`],
    );
  }
});

test("create() says what it could not write", () => {
  using directory = new TemporaryDirectory();
  const files = new RunFiles(directory.path);
  rmSync(join(directory.path, "run"), { recursive: true });

  expect(() => files.create(ID, "/parent/a")).toThrow(
    `Cannot write "${files.prefixOf(ID)}.cgroup": ENOENT`,
  );
});

test("remove() of a program that is not known is no error", () => {
  using directory = new TemporaryDirectory();

  new RunFiles(directory.path).remove(ID);
});

test("an exec root whose sockets would have too long names is refused, with how long it may be", () => {
  using directory = new TemporaryDirectory();
  const fill = (length: number) =>
    join(directory.path, "x".repeat(length - directory.path.length - 1));
  const refused = () => new RunFiles(fill(60));

  expect(refused).toThrow(/use one of at most \d+ characters/);
  const room = Number(/at most (\d+)/.exec(messageOf(refused))?.[1]);
  expect(`${new RunFiles(fill(room)).prefixOf(ID)}.sock`).toHaveLength(107);
  expect(() => new RunFiles(fill(room + 1))).toThrow("Cannot use exec root");
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}
