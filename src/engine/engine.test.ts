import { afterAll, beforeAll, expect, test } from "bun:test";
import { duplexPair } from "node:stream";
import { containerConfig, type TestConfig } from "../../test/support/container-config.ts";
import { EngineWorld } from "../../test/support/engine-world.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world[Symbol.asyncDispose]());

const forever = new AbortController().signal;

async function create(config: TestConfig, name?: string): Promise<string> {
  const { id } = await world.engine.containers.create({
    ...(name === undefined ? {} : { name }),
    config: containerConfig(config),
  });
  return id;
}

/** Runs a command to its end; what it printed, and how it ended. */
async function run(command: readonly string[], config: TestConfig = {}) {
  const id = await create({ command, ...config });
  const { done } = await world.engine.containers.wait(id, "next-exit", forever);
  await world.engine.containers.start(id);
  const { exitCode } = await done;
  const { entries } = await world.engine.containers.logs(
    id,
    { stdout: true, stderr: true, follow: false },
    forever,
  );
  let output = "";
  for await (const batch of entries) {
    output += batch.map(({ line }) => Buffer.from(line).toString()).join("");
  }
  await world.engine.containers.remove(id, { force: false, volumes: true, link: false });
  return { output, exitCode };
}

test("a container runs, and its output and exit code are known", async () => {
  expect(await run(["sh", "-c", "echo hello; echo $FROM_IMAGE; exit 7"])).toEqual({
    output: "hello\nyes\n",
    exitCode: 7,
  });
});
