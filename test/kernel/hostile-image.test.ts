import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { RuntimeWorld } from "../support/runtime-world.ts";

let world: RuntimeWorld;
let victim: string;
let source: string;

beforeAll(async () => {
  world = await RuntimeWorld.make();
  // What a container must not reach: a directory of the host's that anyone may write to.
  victim = mkdtempSync("/var/tmp/sr-victim-");
  chmodSync(victim, 0o777);
  // The image has a directory of the same name, which is where its links may lead to.
  mkdirSync(join(world.lower, victim), { recursive: true });
  source = join(world.dataRoot, "source");
  mkdirSync(source);
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(victim, { recursive: true });
});

describe("a link in an image does not lead a mount out of the container", () => {
  test.each([
    { what: "upwards", link: (to: string) => `../../../../../..${to}` },
    { what: "absolute", link: (to: string) => to },
    { what: "over the root's own parent", link: (to: string) => `/..${to}` },
  ])("$what, as any user of the host", async ({ what, link }) => {
    for (const hostUser of [false, true]) {
      const name = `link-${what.replaceAll(/\W/g, "")}-${hostUser}`;
      symlinkSync(link(victim), join(world.lower, name));
      const bind = { destination: `/${name}/made`, type: "bind", source, options: ["rbind"] };

      const seen = await world.shell(`ls -d ${victim}/made`, { hostUser, mounts: [bind] });
      expect(seen).toBe(`${victim}/made`);
      expect(readdirSync(victim)).toEqual([]);
    }
  });
});

test.each(["/proc/self/fd/7", "/proc/self/root/../..", "/proc/self/cwd"])(
  "the working directory cannot be %s, which leads to what init has open",
  async (cwd) => {
    await expect(world.run({ args: ["pwd"], process: { cwd } })).rejects.toThrow("ELOOP");
  },
);

test("a mount target below /proc/self/fd is refused", async () => {
  const bind = { destination: "/proc/self/fd/7", type: "bind", source, options: ["rbind"] };

  await expect(world.run({ args: ["true"], mounts: [bind] })).rejects.toThrow();
  expect(existsSync(source)).toBe(true);
});
