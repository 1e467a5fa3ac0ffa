// A container's files seen from outside, and mounts that hide what is written to them.

import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Mount } from "../../src/oci/runtime-spec.ts";
import { archiveTree } from "../../src/store/tree-archive.ts";
import { unpackTree } from "../../src/store/tree-unpack.ts";
import { bind, FIRST_HOST_ID, MAPPINGS } from "../support/container-spec.ts";
import { RuntimeWorld, type Started } from "../support/runtime-world.ts";
import { makeTar, readTar, tarDirectory, tarFile } from "../support/tar.ts";
import { waitUntil } from "../support/wait-until.ts";

const BOTH = [
  ["a user namespace of its own", false],
  ["the host's user namespace", true],
] as const;

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});
afterAll(() => world[Symbol.asyncDispose]());

const TMPFS: Mount = { type: "tmpfs", source: "tmpfs", destination: "/mem", options: [] };
const ids = (hostUser: boolean) =>
  hostUser ? { hostId: 0, size: 2 ** 32 - 1 } : { hostId: FIRST_HOST_ID, size: 65_536 };

function makeSource(name: string): string {
  const source = join(world.dataRoot, name);
  mkdirSync(source);
  writeFileSync(join(source, "owned"), "content");
  chownSync(join(source, "owned"), 1000, 1001);
  return source;
}

function bindOf(source: string, hostUser: boolean): Mount {
  const { uidMappings: _u, gidMappings: _g, ...plain } = bind(source, "/bound");
  return hostUser ? plain : bind(source, "/bound");
}

async function view(started: Pick<Started, "request" | "running">, isRunning: boolean) {
  const { root, spec } = started.request;
  const mappings = spec.linux?.uidMappings ?? [];
  const mounts = (spec.mounts ?? []).filter(({ destination }) => /mem|bound/.test(destination));
  const running = isRunning ? started.running : undefined;
  return world.runtime.openFiles({ root, running, mounts, mappings });
}

test.each(BOTH)(
  "in %s, what goes in and comes out has the container's owners",
  async (_, hostUser) => {
    const source = makeSource(hostUser ? "of-host" : "of-own");
    const args = ["sh", "-ec", "mkdir /own; touch /mem/ready; exec sleep 1000"];
    const mounts = [TMPFS, bindOf(source, hostUser)];
    const started = await world.start({ args, mounts, hostUser });
    const body = await makeTar([
      tarDirectory("d", { uid: 7, gid: 8 }),
      tarFile({ name: "d/f", mode: 0o4755, uid: 1000, gid: 1001 }, "x"),
    ]);
    {
      using files = await view(started, true);
      await waitUntil("it is ready", () => existsSync(`${files.path}/mem/ready`));
      expect(readdirSync(`${files.path}/proc`)).toEqual([]);
      for (const path of ["own", "mem", "bound"]) {
        const place = { directory: files.path, path, notesPath: join(world.dataRoot, `n-${path}`) };
        await unpackTree(asPieces(body), {
          ...place,
          ids: ids(hostUser),
          merge: { keepsKinds: true },
        });
        const options = { name: "d", ids: ids(hostUser) };
        const bytes = await Array.fromAsync(archiveTree(files.path, `${path}/d`, options));
        const told = readTar(Buffer.concat(bytes)).map(({ name, uid, gid, mode }) => [
          name,
          uid,
          gid,
          mode,
        ]);
        expect(told).toEqual([
          ["d/", 7, 8, 0o755],
          ["d/f", 1000, 1001, 0o4755],
        ]);
      }
    }
    const look = ["sh", "-ec", "stat -c %u:%g /own/d /mem/d/f /bound/d /bound/owned"];
    const seen = await world.runExec(started, { args: look });
    expect(seen.stdout).toBe("7:8\n1000:1001\n7:8\n1000:1001\n");
    await world.kill(started);

    using files = await view(started, false);
    expect(readFileSync(`${files.path}/own/d/f`, "utf8")).toBe("x");
    expect(readFileSync(`${files.path}/bound/owned`, "utf8")).toBe("content");
  },
);

async function* asPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test.each(BOTH)("in %s, what is written over a directory is beside it", async (_, hostUser) => {
  const source = makeSource(hostUser ? "under-host" : "under-own");
  const [upper = "", work = ""] = ["up", "work"].map((name) => {
    const path = join(world.dataRoot, `${name}-${hostUser}`);
    mkdirSync(path);
    chownSync(path, ids(hostUser).hostId, ids(hostUser).hostId);
    return path;
  });
  const over = { ...bindOf(source, hostUser), over: { upper, work }, options: ["bind"] };
  const script = "cd /bound; stat -c %u:%g owned; echo x > owned; touch new; ls";
  expect(await world.shell(script, { mounts: [over], hostUser })).toBe("1000:1001\nnew\nowned");
  expect(readdirSync(source)).toEqual(["owned"]);
  expect(readFileSync(join(source, "owned"), "utf8")).toBe("content");
  expect(readdirSync(upper).sort()).toEqual(["new", "owned"]);
});

test("a mount can have a mapping of its own", async () => {
  const source = makeSource("matched");
  const swap = [
    { containerID: 1000, hostID: FIRST_HOST_ID, size: 1 },
    { containerID: 0, hostID: FIRST_HOST_ID + 1000, size: 1 },
  ];
  const matched = { ...bind(source, "/bound"), uidMappings: swap };
  expect(MAPPINGS).not.toEqual(swap);
  expect(await world.shell("stat -c %u:%g /bound/owned", { mounts: [matched] })).toBe("0:1001");
});

test("a directory can be a root as it is", async () => {
  chownSync(join(world.lower, "home"), 7, 8);
  const request = world.request({ args: ["stat", "-c", "%u:%g", "/home"] });
  const root = { ...request.root, directory: world.lower };
  const mappings = request.spec.linux?.uidMappings ?? [];
  using files = world.runtime.openFiles({ root, running: undefined, mounts: [], mappings });
  const options = { name: "home", ids: ids(false) };
  const bytes = await Array.fromAsync(archiveTree(files.path, "home", options));
  expect(readTar(Buffer.concat(bytes))).toMatchObject([{ name: "home/", uid: 7, gid: 8 }]);
});
