// Both command lines on a real terminal, at the same small daemon: progress, prompts and ctrl-c.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { type CannedApi, startCannedApi } from "../support/canned-api.ts";
import { clientEnvironment } from "../support/client-environment.ts";
import { hasDocker } from "../support/daemon.ts";
import { REGISTRY_ANSWERS } from "../support/registry-answers.ts";
import { Screen } from "../support/screen.ts";
import { TerminalUser } from "../support/terminal-user.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const test = testIf(hasDocker, "no docker CLI");
const SAMPAN = join(import.meta.dir, "../../bin/sampan");
const PROGRAMS = ["docker", SAMPAN] as const;

let api: CannedApi;
beforeAll(async () => {
  api = await startCannedApi(REGISTRY_ANSWERS);
});
afterAll(() => api[Symbol.asyncDispose]());

/** What stands on the screen when the program has ended, and how it ended. */
async function watch(program: string, line: string, { columns, rows }: Size) {
  api.asked.length = 0;
  const env = await clientEnvironment(api);
  using user = new TerminalUser([program, ...line.split(" ")], { columns, rows, env });
  const status = await user.exited;
  const asked = api.asked.map((request) => request.split(" auth ")[0]);
  return { status, lines: Screen.show(user.transcript, columns, rows), asked };
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

const WATCHED = [
  "pull alpine:3.19",
  "pull alpine",
  "push x",
  "push bad",
  "push mixed",
  "load -i /etc/hostname",
];

describe("on a terminal, both leave the same screen:", () => {
  const sizes: readonly Size[] = [
    { columns: 80, rows: 24 },
    { columns: 120, rows: 24 },
  ];
  for (const size of sizes) {
    for (const line of WATCHED) {
      test(`${line} in ${size.columns} columns`, async () => {
        const docker = await watch("docker", line, size);
        expect(await watch(SAMPAN, line, size)).toEqual(docker);
      });
    }
  }

  for (const program of PROGRAMS) {
    test(`ctrl-c ends the request of ${program.split("/").at(-1)}`, async () => {
      const before = api.abandoned();
      const env = await clientEnvironment(api);
      using user = new TerminalUser([program, "push", "slow"], { env });
      await user.until("Pushing");
      user.type("\x03");
      expect(await user.exited).toBe(130);
      await waitUntil("the request is cancelled", () => api.abandoned() > before);
      expect(Screen.show(user.transcript).at(-1)).toBe("^C");
    });

    test(`${program.split("/").at(-1)} login asks, and does not show the password`, async () => {
      const env = await clientEnvironment(api);
      using user = new TerminalUser([program, "login", "a.io"], { env });
      await user.until("Username: ");
      user.type("me\n");
      await user.until("Password: ");
      user.type("secret\n");
      await user.until("Login Succeeded");
      expect(await user.exited).toBe(0);
      expect(user.transcript).not.toContain("secret");
      const written = await Bun.file(join(env.DOCKER_CONFIG, "config.json")).json();
      expect(written).toEqual({ auths: { "a.io": { auth: btoa("me:secret") } } });
    });
  }
});
