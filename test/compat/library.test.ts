// The library as programs get it: packed and installed, with the examples of its document, on Bun and Node.

import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { TestDaemon } from "../support/daemon.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";
import { testWithNode } from "../support/other-clients.ts";
import { installLibrary } from "../support/packed-library.ts";
import { runProgram } from "../support/run-program.ts";
import type { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const GUIDE = join(import.meta.dir, "../../docs/client.md");

const MODULES = join(import.meta.dir, "../../node_modules");

const examples = [
  ...(await Bun.file(GUIDE).text()).matchAll(/^## ([^\n]*)$|^```js\n(.*?)^```$/gms),
];

let daemon: TestDaemon;
let network: NetworkNamespace;
let library: TemporaryDirectory;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  library = await installLibrary();
  network = new NetworkNamespace();
  network.exec("ip", "link", "set", "lo", "up");
  daemon = await TestDaemon.startIn(network);
});
afterAll(async () => {
  library?.[Symbol.dispose]();
  await daemon?.[Symbol.asyncDispose]();
  network?.[Symbol.dispose]();
});

for (const runtime of ["node", process.execPath]) {
  const runtimeName = runtime === "node" ? "Node" : "Bun";
  let heading = "";
  for (const [index, [, title, code]] of examples.entries()) {
    heading = title ?? heading;
    if (code === undefined) continue;
    const testHere = runtime === "node" ? testWithNode : test;
    testHere(
      `docs/client.md, "${heading}", example ${index}, does what it says on ${runtimeName}`,
      async () => {
        const file = join(library.path, `example-${index}.mjs`);
        await Bun.write(file, `import assert from "node:assert/strict";\n${code}`);
        const outcome = await runProgram([runtime, file], {
          cwd: library.path,
          env: { DOCKER_HOST: daemon.host },
        });
        expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
      },
    );
  }
}

test("a program in TypeScript gets its types, without Bun's", async () => {
  const program = `
    import { ApiError, type Container, type RunResult, Sampan } from "sampan";
    const sampan = new Sampan();
    const result: RunResult = await sampan.run("busybox", ["true"], { stdin: "x" });
    await using container: Container = await sampan.start("busybox");
    for await (const { stream } of container.logs()) stream satisfies "stdout" | "stderr";
    // @ts-expect-error: it is a string, so that this fails where it has become any.
    result.stdout satisfies number;
    export const isRefusal = (error: unknown) => error instanceof ApiError;`;
  await Bun.write(join(library.path, "package.json"), '{ "type": "module" }');
  await Bun.write(join(library.path, "program.ts"), program);
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext"];
  const types = ["--lib", "es2023,esnext.disposable", "--types", "node", "--typeRoots"];
  const command = [join(MODULES, ".bin/tsc"), ...options, ...types, join(MODULES, "@types")];
  const outcome = await runProgram([...command, "program.ts"], { cwd: library.path });
  expect(outcome).toEqual({ status: 0, stdout: "", stderr: "" });
});
