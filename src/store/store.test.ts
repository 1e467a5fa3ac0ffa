import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { MIGRATIONS } from "./migrations.ts";
import { Store } from "./store.ts";

const BUN = process.execPath;

test("open() makes a new root, and what was stored is there when it is opened again", () => {
  using directory = new TemporaryDirectory();
  const root = join(directory.path, "new/root");
  {
    using store = Store.open(root);
    store.settings.set("engine-id", "one");
  }

  using store = Store.open(root);
  expect(store.settings.find("engine-id")).toBe("one");
});

test("a second open() of the same root is refused, and names the holder's pid", () => {
  using directory = new TemporaryDirectory();
  using _first = Store.open(directory.path);

  expect(() => Store.open(directory.path)).toThrow(
    expect.objectContaining({
      kind: "conflict",
      message: expect.stringContaining(`another daemon (pid ${process.pid}) uses this data root`),
    }),
  );
});

test("a root can be opened again after close(), and after a refusal", () => {
  using directory = new TemporaryDirectory();
  const first = Store.open(directory.path);
  expect(() => Store.open(directory.path)).toThrow();
  first.close();

  Store.open(directory.path).close();
});

test("a schema from a newer program is refused and left as it is", () => {
  using directory = new TemporaryDirectory();
  Store.open(directory.path).close();
  const file = join(directory.path, "sampan.db");
  runSql(file, "PRAGMA user_version = 999");

  expect(() => Store.open(directory.path)).toThrow(/schema is version 999/);
  // The refusal has let go of the lock.
  runSql(file, `PRAGMA user_version = ${MIGRATIONS.length}`);
  Store.open(directory.path).close();
});

test("a file that is no database is refused with its name", async () => {
  using directory = new TemporaryDirectory();
  await Bun.write(join(directory.path, "sampan.db"), "x".repeat(8192));

  expect(() => Store.open(directory.path)).toThrow(/Cannot open the database ".*sampan.db"/);
});

test("a root opens, with all that was committed, after the holder got SIGKILL", async () => {
  using directory = new TemporaryDirectory();
  const script = `
    const { Store } = await import(${JSON.stringify(join(import.meta.dir, "store.ts"))});
    const store = Store.open(${JSON.stringify(directory.path)});
    for (let i = 0; i < 100; i++) store.settings.set("key" + i, "value");
    store.transaction(() => {
      store.settings.set("half", "done");
      process.kill(process.pid, "SIGKILL");
      for (;;);
    });`;
  expect(Bun.spawnSync([BUN, "-e", script]).signalCode).toBe("SIGKILL");

  using store = Store.open(directory.path);
  expect(store.settings.find("key99")).toBe("value");
  expect(store.settings.find("half")).toBeUndefined();
});

test("transaction() stores nothing when its work throws", () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);

  expect(() =>
    store.transaction(() => {
      store.settings.set("a", "1");
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(store.settings.find("a")).toBeUndefined();
});

test("transaction() that finds the disk full is undone, and done once more with the reserve", () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);
  const events: string[] = [];
  let attempts = 0;
  store.transaction((undo) => {
    events.push("done");
    undo.defer(() => events.push("undone"));
    attempts += 1;
    if (attempts === 1) throw Object.assign(new Error("full"), { code: "SQLITE_FULL" });
    store.settings.set("a", "1");
  });
  expect(events).toEqual(["done", "undone", "done"]);
  expect(store.settings.find("a")).toBe("1");
});

test("settings.ensure() makes a value once", () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);

  expect(store.settings.ensure("id", () => "first")).toBe("first");
  expect(store.settings.ensure("id", () => "second")).toBe("first");
});

function runSql(file: string, sql: string): void {
  using db = new Database(file);
  db.run(sql);
}
