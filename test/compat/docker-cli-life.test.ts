// Docker's own command line against our daemon: containers, images and the system over time.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { canRunDocker, DockerUser } from "../support/docker-user.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const test = testIf(canRunDocker, "no docker CLI, or not root");

let user: DockerUser;

beforeAll(async () => {
  if (canRunDocker) user = await DockerUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

const docker: DockerUser["type"] = (...args) => user.type(...args);

describe("the life of a container", () => {
  test("create, start, logs, stop, start -a, rm", async () => {
    await user.docker([
      "create",
      "--name",
      "life",
      "busybox",
      "sh",
      "-c",
      "echo hello; exec sleep 0.1",
    ]);
    expect((await docker("start life")).stdout).toBe("life\n");
    expect((await docker("wait life")).stdout).toBe("0\n");
    expect((await docker("logs life")).stdout).toBe("hello\n");
    expect((await docker("start -a life")).stdout).toBe("hello\n");
    expect((await docker("logs --tail 1 life")).stdout).toBe("hello\n");
    expect((await docker("ps -a --filter name=life --format {{.Names}}:{{.State}}")).stdout).toBe(
      "life:exited\n",
    );
    expect((await docker("rm life")).stdout).toBe("life\n");
  });

  test("exec runs more programs in it, with their exit codes and their stdin", async () => {
    await docker("run -d --name more busybox sleep 100");
    expect((await docker("exec more echo hi")).stdout).toBe("hi\n");
    expect((await docker("exec -e X=y -w /tmp more env")).stdout).toContain("X=y\n");
    expect((await docker("exec -i more cat", { stdin: "through\n" })).stdout).toBe("through\n");
    expect((await user.docker(["exec", "more", "sh", "-c", "exit 3"])).status).toBe(3);
    expect((await docker("exec more nosuch")).status).toBe(127);
    expect((await docker("exec -t more tty")).stdout).toContain("/dev/pts/");
    expect((await docker("rm -f more")).status).toBe(0);
  });

  test("stop asks first and insists later; kill sends any signal", async () => {
    const line = "trap 'exit 9' TERM; trap 'echo usr1' USR1; while :; do sleep 0.05; done";
    await user.docker(["run", "-d", "--name", "polite", "busybox", "sh", "-c", line]);
    await docker("kill -s USR1 polite");
    expect((await docker("stop polite")).stdout).toBe("polite\n");
    expect((await docker("inspect --format {{.State.ExitCode}} polite")).stdout).toBe("9\n");
    expect((await docker("logs polite")).stdout).toBe("usr1\n");
    await docker("rm polite");

    await docker("run -d --name deaf busybox sleep 100");
    expect((await docker("stop -t 1 deaf")).status).toBe(0);
    expect((await docker("inspect --format {{.State.ExitCode}} deaf")).stdout).toBe("137\n");
    await docker("rm deaf");
  });

  test("rename, then it is found by its new name only", async () => {
    await docker("create --name old busybox true");
    expect((await docker("rename old new")).status).toBe(0);
    expect((await docker("inspect --format {{.Name}} new")).stdout).toBe("/new\n");
    expect((await docker("inspect old")).stderr).toContain("No such object: old");
    await docker("rm new");
  });

  test("events tell of it, in order", async () => {
    const since = String(Date.now() / 1000);
    await docker("run --rm --name told busybox true");
    const until = String(Date.now() / 1000);
    const filter = ["--filter", "container=told", "--format", "{{.Action}}"];
    const { stdout } = await user.docker(["events", "--since", since, "--until", until, ...filter]);
    expect(stdout.split("\n").filter((line) => line !== "")).toEqual([
      "create",
      "attach",
      "start",
      "die",
      "destroy",
    ]);
  });

  test("a container that runs is not removed without force", async () => {
    await docker("run -d --name busy busybox sleep 100");
    const { status, stderr } = await docker("rm busy");
    expect(status).toBe(1);
    expect(stderr).toContain("force remove");
    await docker("rm -f busy");
  });
});

describe("images", () => {
  test("tag, list, inspect, history, remove", async () => {
    expect((await docker("tag busybox my/copy:1")).status).toBe(0);
    const listing = await docker("images --format {{.Repository}}:{{.Tag}}");
    expect(listing.stdout.split("\n")).toContain("my/copy:1");
    expect((await docker("inspect --format {{.Os}} my/copy:1")).stdout).toBe("linux\n");
    expect((await docker("history -q busybox")).stdout).not.toBe("");
    expect((await docker("rmi my/copy:1")).stdout).toContain("Untagged: my/copy:1");
  });

  test("save and load bring an image back", async () => {
    using directory = new TemporaryDirectory();
    const archive = join(directory.path, "image.tar");
    await docker("tag busybox saved:1");
    expect((await docker(`save -o ${archive} saved:1`)).status).toBe(0);
    await docker("rmi saved:1");
    expect((await docker(`load -i ${archive}`)).stdout).toContain("Loaded image: saved:1");
    expect((await docker("run --rm saved:1 echo back")).stdout).toBe("back\n");
    await docker("rmi saved:1");
  });

  test("import --change makes an image that runs by itself", async () => {
    const archive = join(import.meta.dir, "../../build/busybox.tar");
    const change = ["import", "--change", 'ENTRYPOINT ["echo","made"]', archive, "made:1"];
    expect((await user.docker(change)).stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect((await docker("run --rm made:1 of tar")).stdout).toBe("made of tar\n");
    await docker("rmi made:1");
  });

  test("an image that is not there cannot be run, and the error names it", async () => {
    const { status, stderr } = await docker("run --rm --pull never nosuch true");
    expect(status).toBe(125);
    expect(stderr).toContain("No such image: nosuch:latest");
  });
});

describe("the system", () => {
  test("version and info name the server", async () => {
    expect((await docker("version --format {{.Server.APIVersion}}")).stdout).toBe("1.51\n");
    expect((await docker("info --format {{.OSType}}")).stdout).toBe("linux\n");
    expect((await docker("info")).stderr).not.toContain("ERROR");
  });

  test("ps without containers shows the head alone", async () => {
    const { stdout } = await docker("ps --filter name=nobody");
    expect(stdout).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES\n$/);
  });
});
