import { expect } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeTree, setXattr, shell, xattr } from "../../test/support/layer-ground.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { OPEN } from "../linux/beneath.ts";
import { openFile } from "../linux/fd.ts";
import { copyOut } from "./copy-out.ts";

/** A root with a directory `data`, and an empty target. */
class Ground implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly root = join(this.#directory.path, "root");
  readonly data = join(this.root, "data");
  readonly target = join(this.#directory.path, "target");

  constructor(script: string) {
    for (const path of [this.data, this.target]) mkdirSync(path, { recursive: true });
    shell(script, this.data);
  }

  async copy(path = "/data", ownerHostId = 0): Promise<boolean> {
    using root = openFile(this.root, OPEN.PATH | OPEN.DIRECTORY);
    return await copyOut({ root, ownerHostId }, path, { source: this.target });
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

testAsRoot(
  "a copy is as the image's directory is: owners, modes, times, nodes and the top itself",
  async () => {
    using ground = new Ground(`
    echo one > file; chmod 4751 file; chown 12:34 file; touch -d @1000000000.123456789 file
    mkdir -p deep/er; echo two > deep/er/file; chmod 1777 deep; touch -d @5 deep
    mkfifo pipe; mknod null c 1 3; ln -s /etc/passwd absolute; ln -s ../../up climbing
    printf x > "$(printf 'bad\\377name')"; : > empty; truncate -s 100000 sparse
    chown 5:6 .; chmod 2750 .; chown -h 7:8 absolute; touch -d @77 .
  `);

    expect(await ground.copy()).toBe(true);
    expect(describeTree(ground.target)).toBe(describeTree(ground.data));
  },
);

testAsRoot("names of one file stay names of one file", async () => {
  using ground = new Ground("echo x > a; mkdir sub; ln a sub/b; ln a c; echo y > alone");
  await ground.copy();
  const [a, b, c] = ["a", "sub/b", "c"].map((name) => statSync(join(ground.target, name)));

  expect([b?.ino, c?.ino, a?.nlink]).toEqual([a?.ino, a?.ino, 3]);
  expect(statSync(join(ground.target, "alone")).nlink).toBe(1);
});

testAsRoot("attributes come along, but for the layers' own marks", async () => {
  using ground = new Ground("echo x > file; mkdir dir");
  setXattr(join(ground.data, "file"), "user.colour", "blue");
  setXattr(join(ground.data, "dir"), "trusted.overlay.opaque", "y");
  // A set capability goes with a change of owner: so it must come last.
  const capability = "\u0001\0\0\u0002\u0001\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  setXattr(join(ground.data, "file"), "security.capability", capability);
  shell("chown 0:5 dir", ground.data);
  await ground.copy();

  expect(xattr(join(ground.target, "file"), "user.colour")).toBe("blue");
  expect(xattr(join(ground.target, "file"), "security.capability")).toBe(capability);
  expect(xattr(join(ground.target, "dir"), "trusted.overlay.opaque")).toBeUndefined();
});

testAsRoot("links in a copy are copied, and never followed", async () => {
  using ground = new Ground(
    "mkdir ../secret; echo secret > ../secret/f; ln -s ../secret link; ln -s ../../target loop",
  );
  await ground.copy();

  expect(readdirSync(ground.target).sort()).toEqual(["link", "loop"]);
  expect(shell("readlink link loop", ground.target)).toBe("../secret\n../../target\n");
});

testAsRoot("a path that leads over links stays in the root", async () => {
  using ground = new Ground(
    "echo inside > file; ln -s /data ../absolute; ln -s ../../../../data ../climbing",
  );

  expect(await ground.copy("/absolute")).toBe(true);
  expect(readFileSync(join(ground.target, "file"), "utf8")).toBe("inside\n");
  using again = new Ground("echo inside > file; ln -s ../../../../data ../climbing");
  expect(await again.copy("/climbing")).toBe(true);
  expect(readFileSync(join(again.target, "file"), "utf8")).toBe("inside\n");
});

testAsRoot("where there is no directory there is no copy", async () => {
  using ground = new Ground("echo x > file; mkfifo pipe; ln -s /nowhere link; mknod node c 1 3");

  for (const path of [
    "/none",
    "/data/file",
    "/data/pipe",
    "/data/link",
    "/data/node",
    "/data/file/x",
  ]) {
    expect(await ground.copy(path)).toBe(false);
  }
  expect(readdirSync(ground.target)).toEqual([]);
});

testAsRoot("a socket is left out, for nobody listens on a copy", async () => {
  using ground = new Ground("echo x > file");
  const server = Bun.listen({ unix: join(ground.data, "socket"), socket: { data() {} } });
  await ground.copy();
  server.stop();

  expect(readdirSync(ground.target)).toEqual(["file"]);
});

testAsRoot("a container that sets links in its way while it copies gains nothing", async () => {
  const count = 400;
  using ground = new Ground(
    `i=0; while [ $i -lt ${count} ]; do echo evil > f$i; i=$((i+1)); done; chmod 777 f*`,
  );
  using outside = new TemporaryDirectory();
  const secret = join(outside.path, "secret");
  writeFileSync(secret, "secret", { mode: 0o600 });
  const trap = `while :; do i=0; while [ $i -lt ${count} ]; do ln -s ${secret} f$i; ln -sf ${secret} f$i; i=$((i+7)); done; done`;
  await using attacker = Bun.spawn(["sh", "-c", `${trap} 2>/dev/null`], { cwd: ground.target });
  // Ends as soon as a name is taken, or finds the directory no longer empty.
  for (let round = 0; round < 5; round++) {
    try {
      await ground.copy();
    } catch {
      // Which of them is first is chance.
    }
  }
  attacker.kill();
  expect(readFileSync(secret, "utf8")).toBe("secret");
  expect(statSync(secret).mode & 0o777).toBe(0o600);
});
