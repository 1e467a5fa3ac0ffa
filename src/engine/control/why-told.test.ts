import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { makeTar, tarEntry } from "../../../test/support/tar.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { TarFile } from "../../base/tar/tar-writer.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const MIB = 1024 * 1024;
const SLEEP = { command: ["sleep", "1000"] };
const containers = () => world.engine.containers;
const control = () => world.engine.control;

describe("why", () => {
  test("tells of a start that failed, also after a restart of the daemon", async () => {
    const id = await world.create({ command: ["nope"] });
    await containers()
      .start(id)
      .catch(() => undefined);
    await world.restart();
    const { what, why } = await control().why(id);
    expect([what, ...why].join(" ")).toMatch(
      /could not be started.*"nope": executable file not found/,
    );
    await world.remove(id);
  });

  test("tells of a bind whose source has gone", async () => {
    const directory = new TemporaryDirectory();
    const source = directory.path;
    const bind = { kind: "bind", source, target: "/x", readonly: false } as const;
    const rest = { createSource: false, propagation: "", recursive: true, mode: "" } as const;
    const id = await world.create({ host: { binds: [{ ...bind, ...rest, via: "mounts" }] } });
    rmSync(source, { recursive: true });
    await expect(containers().start(id)).rejects.toThrow(source);
    const { why, advice } = await control().why(id);
    expect(why.join()).toContain(`bind source path does not exist: ${source}`);
    expect(advice.join()).toContain("Make what is to be mounted");
    await world.remove(id);
  });

  test("tells an end for want of memory with the limit, and State.Error does too", async () => {
    const script = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo unreachable";
    const resources = { memory: { limit: 16 * MIB } };
    const id = await world.create({ command: ["sh", "-c", script], host: { resources } });
    const { done } = await containers().wait(id, "next-exit", FOREVER);
    await containers().start(id);
    await done;
    const told = await control().why(id);
    expect(told).toMatchObject({ oomKilled: true, memoryLimitBytes: 16 * MIB, signal: "SIGKILL" });
    expect((await containers().get(id)).state.error).toContain(
      "want of memory (limit 16 MiB, peak",
    );
    await world.remove(id);
  });

  test("names the library that keeps a program from running", async () => {
    const files = [hostFile("bin/ls", "/bin/ls"), hostFile(LOADER.slice(1), LOADER)];
    await world.engine.images.import(Readable.from([await makeTar(files)]), {
      target: "halved",
      changes: [],
      message: "",
    });
    const id = await world.create({ image: "halved", command: ["/bin/ls"] });
    const { done } = await containers().wait(id, "next-exit", FOREVER);
    await containers().start(id);
    expect((await done).exitCode).toBe(127);
    const said = /needs the library (\S+),/.exec((await containers().get(id)).state.error)?.[1];
    expect(await world.logsOf(id)).toContain(`libraries: ${said}:`);
    expect((await control().why(id)).why[0]).toContain(`/bin/ls needs ${said}`);
    await world.remove(id);
  });

  test("tells who sent a signal", async () => {
    const id = await world.start(SLEEP);
    await containers().stop(id, { timeoutSeconds: 0 });
    const { what, why } = await control().why(id);
    expect(what).toBe("It was killed, since it did not stop when it was asked to.");
    expect(why[0]).toMatch(/It was sent SIGTERM, and did not end within \d/);
    expect((await containers().get(id)).state.error).toBe("");
    await world.remove(id);
  });
});

/** The dynamic loader that this host's programs name. */
const LOADER =
  process.arch === "x64" ? "/lib64/ld-linux-x86-64.so.2" : "/lib/ld-linux-aarch64.so.1";

function hostFile(name: string, path: string): TarFile {
  const bytes = readFileSync(path);
  return { entry: tarEntry({ name, mode: 0o755, size: bytes.length }), content: [bytes] };
}
