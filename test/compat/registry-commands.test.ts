// Both command lines at the same small daemon: what they print, ask and write about registries.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { type CannedApi, startCannedApi } from "../support/canned-api.ts";
import { clientEnvironment } from "../support/client-environment.ts";
import { hasDocker } from "../support/daemon.ts";
import { DIGEST, REGISTRY_ANSWERS } from "../support/registry-answers.ts";
import { type RunOptions, runProgram } from "../support/run-program.ts";
import { testIf } from "../support/test-if.ts";

const test = testIf(hasDocker, "no docker CLI");
const SAMPAN = join(import.meta.dir, "../../bin/sampan");
let api: CannedApi;
beforeAll(async () => {
  api = await startCannedApi(REGISTRY_ANSWERS);
});
afterAll(() => api[Symbol.asyncDispose]());

/** What a program says and asks, with its own name taken for Docker's. */
async function run(program: string, line: string, { config = "{}", ...options }: Options = {}) {
  api.asked.length = 0;
  const env = await clientEnvironment(api, config);
  const { status, stdout, stderr } = await runProgram([program, ...line.split(" ")], {
    ...options,
    env: { ...options.env, ...env },
  });
  const written: unknown = await Bun.file(join(env.DOCKER_CONFIG, "config.json")).json();
  const plain = (text: string) =>
    Bun.stripANSI(text).replaceAll(env.DOCKER_CONFIG, "/config").replaceAll("sampan", "docker");
  return { status, stdout: plain(stdout), stderr: plain(stderr), asked: [...api.asked], written };
}

interface Options extends RunOptions {
  readonly config?: string;
}

async function expectSame(line: string, options?: Options) {
  const docker = await run("docker", line, options);
  expect(await run(SAMPAN, line, options)).toEqual(docker);
  return docker;
}

const LOGGED_IN = JSON.stringify({
  auths: {
    "https://index.docker.io/v1/": { auth: btoa("me:pw") },
    "127.0.0.1:5000": { auth: btoa("you:"), identitytoken: "idt" },
  },
});

const LINES = [
  "pull alpine:3.19",
  "pull alpine",
  "image pull -q alpine",
  "pull -a alpine",
  "pull -a alpine:1",
  "pull Alpine",
  `pull alpine@${DIGEST}`,
  `pull alpine:1@${DIGEST}`,
  "pull --platform Linux/ARM64 127.0.0.1:5000/a/b",
  "push x",
  "image push -q x",
  "push -a x",
  "push -a x:1",
  `push x@${DIGEST}`,
  "push mixed",
  "push bad",
  "push -q bad",
  "push nosuch",
  "search alpine",
  "search --no-trunc --limit 3 -f stars=3 127.0.0.1:5000/alpine",
  "search --format json -f is-automated=true alpine",
  "search --format {{.Name}}:{{.StarCount}} alpine",
  "images --digests",
  "images --digests --no-trunc",
  "images",
  "image inspect alpine",
  "image inspect --platform linux/arm64/v8 alpine",
  "image prune",
  "image prune -f",
  "image prune -f -a --filter until=1h --filter label!=keep",
  "system df",
  "system df -v",
  "system df --format json",
  "system df --format {{.Type}}:{{.Reclaimable}}",
  "login",
  "login -u me",
  "login -u me -p pw",
  "login -u me -p pw 127.0.0.1:5000",
  "login -p pw --password-stdin",
  "login --password-stdin",
  "logout",
  "logout 127.0.0.1:5000",
  "logout nosuch",
];

describe("on a pipe, both say and ask the same:", () => {
  for (const line of LINES) {
    test(line, async () => {
      await expectSame(line, { config: LOGGED_IN });
    });
  }

  test("load", async () => {
    await expectSame("load", { stdin: "an archive" });
  });

  test("login with a password from stdin, into a file that has other things", async () => {
    const config = '{"auths":{},"credHelpers":{"b.io":"x"}}';
    const line = "login -u me --password-stdin https://a.io/v1/";
    const { written } = await expectSame(line, { config, stdin: "secret\n" });
    expect(written).toEqual({
      auths: { "a.io": { auth: btoa("me:secret") } },
      credHelpers: { "b.io": "x" },
    });
  });
});

/** Keeps nothing, and writes down what it was asked. */
const HELPER = `#!/bin/sh
read -r input
printf '%s %s\\n' "$1" "$input" >>"$HELPER_LOG"
case "$1 $input" in
"get a.io") printf '{"ServerURL":"a.io","Username":"me","Secret":"pw"}' ;;
"get t.io") printf '{"ServerURL":"t.io","Username":"<token>","Secret":"idt"}' ;;
get*) printf 'credentials not found in native keychain\\n'; exit 1 ;;
esac
`;

describe("both ask a helper for credentials in the same way:", () => {
  const configs = ['{"credsStore":"test"}', '{"credHelpers":{"a.io":"test","t.io":"test"}}'];
  for (const config of configs) {
    for (const line of ["pull a.io/x", "pull t.io/x", "pull b.io/x", "login -u me -p pw a.io"]) {
      test(`${line} with ${config}`, async () => {
        const bin = join(api.directory, crypto.randomUUID());
        const helper = join(bin, "docker-credential-test");
        await Bun.write(helper, HELPER);
        await chmod(helper, 0o755);
        const askWith = async (program: string) => {
          const log = join(bin, `${program.split("/").at(-1)}.log`);
          const env = { PATH: `${bin}:${process.env["PATH"]}`, HELPER_LOG: log };
          const outcome = await run(program, line, { config, env });
          const file = Bun.file(log);
          return { ...outcome, log: (await file.exists()) ? await file.text() : "" };
        };
        expect(await askWith(SAMPAN)).toEqual(await askWith("docker"));
      });
    }
  }
});
