// `cp`, `diff`, `export` and `commit`, by Docker's command line and by ours: the table of Docker's
// documentation, and what goes wrong.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { COMMAND_LINES, type CommandLine } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { waitUntil } from "../support/wait-until.ts";

const isRoot = process.getuid?.() === 0;
let daemon: TestDaemon;

beforeAll(async () => {
  if (isRoot) daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** A container, a directory of this machine's, and a command line that is called in it. */
class Ground implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly path = this.#directory.path;
  readonly #line: CommandLine;
  box = "";

  private constructor(line: CommandLine) {
    this.#line = line;
    mkdirSync(join(this.path, "src/sub"), { recursive: true });
    mkdirSync(join(this.path, "there"));
    writeFileSync(join(this.path, "src/sub/deep"), "deep");
    writeFileSync(join(this.path, "file"), "content");
    writeFileSync(join(this.path, "old"), "old");
    symlinkSync("file", join(this.path, "link"));
  }

  static async make(line: CommandLine): Promise<Ground> {
    const ground = new Ground(line);
    const script =
      "mkdir -p /src/sub /there; echo -n deep > /src/sub/deep; echo -n content > /file; " +
      "echo -n old > /old; ln -s file /link; ln -s there /tothere; exec sleep 1000";
    // By requests, each of which is much less than the start of a program.
    ground.box = await new ApiUser(daemon).run(script);
    const made = `/containers/${ground.box}/archive?path=/tothere`;
    await waitUntil("all is made", async () => (await daemon.fetch(made, { method: "HEAD" })).ok);
    return ground;
  }

  /** A command line with the container's id for BOX; what is said, and the status where it is not 0. */
  async say(command: string, stdin?: Uint8Array): Promise<string> {
    const words = command.replaceAll("BOX", this.box).match(/'[^']*'|\S+/g) ?? [];
    const args = words.map((word) => word.replaceAll("'", ""));
    const { status, stdout, stderr } = await this.#line.run(daemon, args, {
      cwd: this.path,
      ...(stdin === undefined ? {} : { stdin }),
    });
    const text = `${stdout}${stderr}`
      .replaceAll(this.box, "BOX")
      .replaceAll(this.path, "HERE")
      // What Docker's own says when its archive is not wanted any more.
      .replaceAll(/^time=.*\n/gm, "")
      .replace(/^Error response from daemon: /gm, "")
      .replace(/^sampan: /gm, "")
      .trim();
    return status === 0 ? text : `${status}: ${text}`;
  }

  inside(line: string): Promise<string> {
    return this.say(`exec BOX sh -c '${line}'`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new ApiUser(daemon).remove(this.box);
    this.#directory[Symbol.dispose]();
  }
}

/** What is copied where; then where its file is, or what is said. */
const INTO: readonly (readonly [string, string, string])[] = [
  ["file", "/new", "/new: content"],
  ["file", "/new/", "1: no such directory"],
  ["file", "/old", "/old: content"],
  ["file", "/there", "/there/file: content"],
  ["file", "/there/", "/there/file: content"],
  ["file", "/tothere", "/there/file: content"],
  ["file", "/nope/new", "1: Could not find the file /nope in container BOX"],
  ["src", "/new", "/new/sub/deep: deep"],
  ["src/", "/new", "/new/sub/deep: deep"],
  ["src/.", "/new", "/new/sub/deep: deep"],
  ["src", "/there", "/there/src/sub/deep: deep"],
  ["src/", "/there/", "/there/src/sub/deep: deep"],
  ["src/.", "/there", "/there/sub/deep: deep"],
  ["src", "/old", "1: cannot copy directory"],
  ["./src/sub/..", "/new", "/new/sub/deep: deep"],
];

for (const line of COMMAND_LINES) {
  describe(line.name, () => {
    for (const [source, target, expected] of INTO) {
      line.test(`cp ${source} to ${target} of a container`, async () => {
        await using ground = await Ground.make(line);
        const said = await ground.say(`cp ${source} BOX:${target}`);
        const [, path = ""] = /^(\/\S+): /.exec(expected) ?? [];
        if (path === "") expect(said).toBe(expected);
        else expect(`${said}${path}: ${await ground.inside(`cat ${path}`)}`).toBe(expected);
      });

      line.test(`cp ${source} of a container to ${target} here`, async () => {
        await using ground = await Ground.make(line);
        if (/tothere|nope|there\/$/.test(target)) return;
        const said = await ground.say(`cp BOX:/${source} .${target}`);
        const [, path = ""] = /^(\/\S+): /.exec(expected) ?? [];
        if (path !== "") {
          expect(`${said}${path}: ${readFileSync(`${ground.path}${path}`, "utf8")}`).toBe(expected);
        } else expect(said).toBe(expected);
      });
    }

    line.test("links are copied as such, or followed with -L", async () => {
      await using ground = await Ground.make(line);
      expect(await ground.say("cp link BOX:/there/")).toBe("");
      expect(await ground.say("cp -L link BOX:/there/followed")).toBe("");
      const look = "readlink /there/link; cat /there/followed";
      expect(await ground.inside(look)).toBe("file\ncontent");
      expect(await ground.say("cp BOX:/link there/")).toBe("");
      expect(await ground.say("cp -L BOX:/link there/followed")).toBe("");
      expect(readlinkSync(join(ground.path, "there/link"))).toBe("file");
      expect(readFileSync(join(ground.path, "there/followed"), "utf8")).toBe("content");
    });

    line.test("archives go through the standard streams", async () => {
      await using ground = await Ground.make(line);
      const { stdout } = await line.run(daemon, ["cp", `${ground.box}:/src`, "-"]);
      expect(await ground.say("cp - BOX:/there", Buffer.from(stdout))).toBe("");
      expect(await ground.inside("cat /there/src/sub/deep")).toBe("deep");
      expect(await ground.say("cp - BOX:/nope", Buffer.from(stdout))).toBe(
        '1: destination "BOX:/nope" must be a directory',
      );
    });

    line.test("what cannot be copied is told in the same words", async () => {
      await using ground = await Ground.make(line);
      expect(await ground.say("cp file there")).toBe(
        "1: must specify at least one container source",
      );
      expect(await ground.say("cp BOX:/file BOX:/x")).toBe(
        "1: copying between containers is not supported",
      );
      expect(await ground.say("cp nope BOX:/x")).toBe(
        "1: lstat HERE/nope: no such file or directory",
      );
      expect(await ground.say("cp file/x BOX:/x")).toBe("1: not a directory");
      expect(await ground.say("cp BOX:/nope there")).toBe(
        "1: Could not find the file /nope in container BOX",
      );
      expect(await ground.say("cp BOX:/file nope/x")).toBe(
        '1: invalid output path: directory "HERE/nope" does not exist',
      );
      expect(await ground.say("cp nobody:/file there")).toBe("1: No such container: nobody");
    });

    line.test("-q=false says what was copied, in an archive's size", async () => {
      await using ground = await Ground.make(line);
      // Ours have the parts of seconds in them too, which take a block or two.
      expect(await ground.say("cp -q=false file BOX:/there")).toMatch(
        /^Successfully copied [23]\.\d+kB to BOX:\/there$/,
      );
      expect(await ground.say("cp -q=false BOX:/file there")).toMatch(
        /^Successfully copied [23]\.\d+kB to HERE\/there$/,
      );
    });

    line.test("diff, export and commit", async () => {
      await using ground = await Ground.make(line);
      const changes =
        "A /file\nA /link\nA /old\nA /src\nA /src/sub\nA /src/sub/deep\nA /there\nA /tothere";
      expect(await ground.say("diff BOX")).toBe(changes);
      expect(await ground.say("export -o root.tar BOX")).toBe("");
      expect(statSync(join(ground.path, "root.tar")).size).toBeGreaterThan(10_000);
      const id = await ground.say(`commit -m why -c 'CMD cat /file' BOX by-${line.name}:tag`);
      expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await ground.say(`run --rm by-${line.name}:tag`)).toBe("content");
      expect(await ground.say(`commit BOX NAME`)).toContain("must be lowercase");
      expect(readdirSync(ground.path)).toContain("root.tar");
    });
  });
}
