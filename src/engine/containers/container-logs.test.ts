import { test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { openLog } from "./container-logs.ts";

const QUERY = { stdout: true, stderr: true, follow: true };

test.each(["before it is open", "before its first line is read"])(
  "who goes away %s leaves no file open",
  async (when) => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "log");
    await Bun.write(path, '{"log":"x\\n","stream":"stdout","time":"2026-01-01T00:00:00Z"}\n');
    const leaving = new AbortController();
    if (when === "before it is open") leaving.abort();
    const source = { path, ended: new Promise(() => {}) };
    await openLog({ source, query: QUERY, raw: true }, leaving.signal);
    leaving.abort();
    await waitUntil("it is closed", async () => !listOpenFiles().includes(path));
  },
);

function listOpenFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").map((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`);
    } catch {
      // It was that of the directory itself.
      return "";
    }
  });
}
