// Volumes, entry points, shared namespaces and images, the same from Docker's command line and from ours.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import type { RunOptions } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

for (const { name, test, run } of COMMAND_LINES) {
  /** What a command that must succeed writes. */
  const say = async (args: readonly string[], options?: RunOptions) => {
    const { status, stdout, stderr } = await run(daemon, args, options);
    if (status !== 0) throw new Error(`${args.join(" ")}: ${status}: ${stdout}${stderr}`);
    return stdout.trim();
  };
  const shell = (options: string, line: string) =>
    say(["run", "--rm", ...options.split(" "), "busybox", "sh", "-c", line]);

  describe(`${name}: mounts`, () => {
    test("a new volume takes what the image has at its place, with owners and modes", async () => {
      const volume = `${name}-copied`;
      expect(
        await shell(`-v ${volume}:/etc`, "cat /etc/group | head -1; echo new > /etc/new"),
      ).toBe("root:x:0:");
      const look = "cat /v/new; stat -c %u:%g:%a /v/passwd; ls /v | grep -c passwd";
      expect(await shell(`-v ${volume}:/v`, look)).toBe("new\n0:0:644\n1");
      expect(
        await shell(
          `--mount type=volume,src=${name}-empty,dst=/etc,volume-nocopy`,
          "ls /etc/passwd 2>&1; true",
        ),
      ).toContain("No such file");
    });

    test("two containers share a volume, and see each other's owners", async () => {
      const volume = `${name}-shared`;
      await shell(`-v ${volume}:/v`, "mkdir /v/d; touch /v/d/f; chown -R 1000:1001 /v/d");
      expect(
        await shell(
          `-v ${volume}:/v -u 1000`,
          "stat -c %u:%g /v/d/f; echo more >> /v/d/f; cat /v/d/f",
        ),
      ).toBe("1000:1001\nmore");
      expect(await shell(`--userns=host -v ${volume}:/v`, "stat -c %u:%g /v/d/f")).toBe(
        "1000:1001",
      );
    });

    test("what is written through a bind belongs to the same ids on the host", async () => {
      const path = join("/var/tmp", `st-bind-${process.pid}-${name}`);
      mkdirSync(path);
      try {
        await shell(`-v ${path}:/b`, "touch /b/root; touch /b/user; chown 1234:5678 /b/user");
        expect(statSync(join(path, "root"))).toMatchObject({ uid: 0, gid: 0 });
        expect(statSync(join(path, "user"))).toMatchObject({ uid: 1234, gid: 5678 });
        writeFileSync(join(path, "secret"), "for root", { mode: 0o600 });
        expect(await shell(`-v ${path}:/b`, "cat /b/secret")).toBe("for root");
        expect(await shell(`-v ${path}:/b -u 1234`, "cat /b/secret 2>&1 | grep -c denied")).toBe(
          "1",
        );
      } finally {
        await Bun.$`rm -rf ${path}`;
      }
    });

    test("-v makes a source that is not there; --mount does not", async () => {
      using directory = new TemporaryDirectory();
      const path = join(directory.path, "made");
      await shell(`-v ${path}:/b`, "touch /b/x");
      expect(statSync(path).isDirectory()).toBe(true);
      const args = [
        "run",
        "--rm",
        "--mount",
        `type=bind,src=${path}-not,dst=/b`,
        "busybox",
        "true",
      ];
      const { status, stderr } = await run(daemon, args);
      expect([status, stderr.includes(`bind source path does not exist: ${path}-not`)]).toEqual([
        125,
        true,
      ]);
    });
  });

  describe(`${name}: shared namespaces`, () => {
    test("--network container: and --pid container: join another's", async () => {
      const other = `${name}-donor`;
      await say(["run", "-d", "--name", other, "busybox", "sleep", "100"]);
      const address = await say(["exec", other, "hostname", "-i"]);
      expect(await shell(`--network container:${other}`, "hostname -i")).toBe(address);
      expect(await shell(`--pid container:${other}`, "cat /proc/1/comm")).toBe("sleep");
      expect(
        await shell("--network bridge", `ping -c 1 -W 2 ${address} > /dev/null && echo reached`),
      ).toBe("reached");
      await say(["rm", "-f", other]);
    });
  });

  describe(`${name}: entry point and command`, () => {
    test("combine as Docker says", async () => {
      const archive = await ensureBusyboxArchive();
      const image = `${name}/entry:1`;
      await say([
        "import",
        "--change",
        'ENTRYPOINT ["echo","entry"]',
        "--change",
        'CMD ["cmd"]',
        archive,
        image,
      ]);
      const rows: readonly (readonly [
        before: readonly string[],
        after: readonly string[],
        wanted: string,
      ])[] = [
        [[], [], "entry cmd"],
        [[], ["own"], "entry own"],
        [["--entrypoint", "echo"], [], ""],
        [["--entrypoint", "echo"], ["own"], "own"],
        [["--entrypoint", ""], ["echo", "bare"], "bare"],
      ];
      for (const [before, after, wanted] of rows) {
        expect(await say(["run", "--rm", ...before, image, ...after])).toBe(wanted);
      }
      await say([
        "import",
        "--change",
        "ENTRYPOINT echo shell",
        "--change",
        "CMD never",
        archive,
        image,
      ]);
      expect(await say(["run", "--rm", image, "ignored"])).toBe("shell");
      await say(["rmi", image]);
    });

    test("an image's USER, WORKDIR, ENV and VOLUME are there", async () => {
      const changes = [
        "USER daemon",
        "WORKDIR /work",
        "ENV A=1 B=two",
        "VOLUME /data",
        "LABEL l=m",
      ];
      const image = `${name}/config:1`;
      const flags = changes.flatMap((line) => ["--change", line]);
      await say(["import", ...flags, await ensureBusyboxArchive(), image]);
      const line = "id -un; pwd; echo $A$B; mount | grep -c ' /data '";
      expect(await say(["run", "--rm", image, "sh", "-c", line])).toBe("daemon\n/work\n1two\n1");
      expect(
        await say(["run", "--rm", "-u", "0", "-e", "A=9", "-w", "/", image, "sh", "-c", line]),
      ).toBe("root\n/\n9two\n1");
      expect(
        await say([
          "image",
          "inspect",
          "--format",
          "{{.Config.User}} {{json .Config.Labels}}",
          image,
        ]),
      ).toBe('daemon {"l":"m"}');
      await say(["rmi", image]);
    });
  });

  describe(`${name}: images`, () => {
    test("save and load through a pipe, compressed too, keep names and contents", async () => {
      using directory = new TemporaryDirectory();
      const archive = join(directory.path, "saved.tar");
      const image = `${name}/saved:1`;
      await say(["tag", "busybox", image]);
      const id = await say(["images", "-q", "--no-trunc", image]);
      await say(["save", "-o", archive, image]);
      await say(["rmi", image]);
      await Bun.$`gzip -k ${archive}`;
      await Bun.$`zstd -q -k ${archive}`.nothrow();
      for (const suffix of ["", ".gz", ".zst"]) {
        const file = Bun.file(archive + suffix);
        if (!(await file.exists())) continue;
        expect(await say(["load"], { stdin: await file.bytes() })).toContain(
          `Loaded image: ${image}`,
        );
        expect(await say(["images", "-q", "--no-trunc", image])).toBe(id);
        await say(["rmi", image]);
      }
    });

    test("an image that a container uses stays; by force its name goes", async () => {
      const image = `${name}/used:1`;
      await say(["import", await ensureBusyboxArchive(), image]);
      await say(["create", "--name", `${name}-user`, image, "true"]);
      const { status, stderr } = await run(daemon, ["rmi", image]);
      expect([status, stderr.includes("is using")]).toEqual([1, true]);
      expect(await say(["rmi", "-f", image])).toContain(`Untagged: ${image}`);
      await say(["rm", `${name}-user`]);
      await run(daemon, ["image", "prune", "-f"]);
    });

    test("history tells of an import, newest first", async () => {
      await say(["import", "-m", "told", await ensureBusyboxArchive(), `${name}/history:1`]);
      expect(await say(["history", "--format", "{{.Comment}}", `${name}/history:1`])).toBe("told");
      await say(["rmi", `${name}/history:1`]);
    });
  });
}
