import { describe, expect } from "bun:test";
import { startApi } from "../support/api.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const test = testIf(Bun.which("docker") !== null, "docker's command line is not installed");

/** Docker's own client against the API: what it sends is taken, what it gets it understands. */
describe("docker", () => {
  for (const [args, result] of [
    [["run", "--rm", "busybox", "echo", "hello"], { code: 0, out: "hello\n", err: "" }],
    [["run", "--rm", "busybox", "both"], { code: 0, out: "out\n", err: "err\n" }],
    [["run", "--rm", "busybox", "exit", "7"], { code: 7, out: "", err: "" }],
    [["run", "busybox", "exit", "137"], { code: 137, out: "", err: "" }],
  ] as const) {
    test(args.join(" "), async () => {
      await using api = await startApi();
      expect(await api.docker(args)).toEqual(result);
    });
  }

  test("run -i passes its input on, half-closed", async () => {
    await using api = await startApi();
    const typed = "typed\n".repeat(50_000);
    const { code, out } = await api.docker(["run", "-i", "--rm", "busybox", "cat"], typed);
    expect([code, out.length]).toEqual([0, typed.length]);
  });

  test("run takes every option that this engine has", async () => {
    await using api = await startApi();
    const { code, err } = await api.docker([
      ...[
        "run",
        "-d",
        "--name",
        "web",
        "-e",
        "A=1",
        "-w",
        "/w",
        "-u",
        "1:2",
        "-h",
        "h",
        "-l",
        "a=b",
      ],
      ...[
        "--entrypoint",
        "sleep",
        "-v",
        "/tmp:/a:ro",
        "-v",
        "vol:/b",
        "-v",
        "/c",
        "--tmpfs",
        "/t:size=1m",
      ],
      ...[
        "--mount",
        "type=bind,src=/tmp,dst=/m,readonly",
        "--mount",
        "type=tmpfs,dst=/n,tmpfs-size=1m",
      ],
      ...[
        "--read-only",
        "--cap-add",
        "NET_ADMIN",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
      ],
      ...["--security-opt", "seccomp=unconfined", "-m", "64m", "--cpus", ".5", "--pids-limit", "9"],
      ...[
        "--ulimit",
        "nofile=1:2",
        "--sysctl",
        "net.ipv4.ip_forward=1",
        "--device",
        "/dev/null:/dev/x:r",
      ],
      ...[
        "--init",
        "--network",
        "none",
        "--add-host",
        "a:1.2.3.4",
        "--dns",
        "1.1.1.1",
        "--shm-size",
        "1m",
      ],
      ...[
        "--log-opt",
        "max-size=1m",
        "--userns",
        "host",
        "--pid",
        "host",
        "--ipc",
        "none",
        "--uts",
        "host",
      ],
      ...[
        "--group-add",
        "7",
        "--oom-score-adj",
        "5",
        "--expose",
        "80",
        "--stop-signal",
        "INT",
        "--stop-timeout",
        "3",
      ],
      ...["--annotation", "x=y", "busybox", "5"],
    ]);
    expect([code, err]).toEqual([0, ""]);
    const { out } = await api.docker(["inspect", "web", "--format", "{{json .HostConfig}}"]);
    expect(JSON.parse(out)).toMatchObject({
      // The client keeps them in a map, and so sends them in any order.
      Binds: expect.arrayContaining(["/tmp:/a:ro", "vol:/b"]),
      Memory: 64 * 1024 * 1024,
      Ulimits: [{ Name: "nofile", Hard: 2, Soft: 1 }],
    });
    const { config } = api.engine.requests[0] ?? {};
    expect(config?.host.binds.map(({ kind, target }) => `${kind} ${target}`).sort()).toEqual([
      "bind /a",
      "bind /m",
      "tmpfs /n",
      "tmpfs /t",
      "volume /b",
    ]);
  });

  for (const [args, reason] of [
    [["run", "--runtime", "kata", "busybox"], "HostConfig.Runtime: this engine does not have"],
    [["run", "nope"], "pull access denied"],
    [["pull", "half"], "it broke"],
    [["network", "inspect", "none"], "network none not found"],
    [["inspect", "none"], "No such object: none"],
    [["node", "ls"], "This node is not a swarm manager."],
  ] as const) {
    test(`${args.join(" ")} says why not`, async () => {
      await using api = await startApi();
      const { code, err } = await api.docker(args);
      expect(code).not.toBe(0);
      expect(err).toContain(reason);
    });
  }

  test("exec runs, has its input, and its exit code", async () => {
    await using api = await startApi();
    await api.docker(["run", "-d", "--name", "web", "busybox", "sleep"]);
    expect(await api.docker(["exec", "web", "echo", "hi"])).toEqual({
      code: 0,
      out: "hi\n",
      err: "",
    });
    expect(await api.docker(["exec", "-i", "web", "cat"], "in")).toEqual({
      code: 0,
      out: "in",
      err: "",
    });
    expect((await api.docker(["exec", "web", "exit", "5"])).code).toBe(5);
    expect((await api.docker(["exec", "-d", "web", "sleep"])).code).toBe(0);
  });

  test("the life of a container", async () => {
    await using api = await startApi();
    const docker = async (...args: string[]) => (await api.docker(args)).out.trim();
    await docker("create", "--name", "web", "busybox", "sleep");
    expect(await docker("ps", "-a", "--format", "{{.Names}} {{.Status}}")).toBe("web Created");
    expect(await docker("start", "web")).toBe("web");
    expect(await docker("ps", "--format", "{{.Names}} {{.State}}")).toBe("web running");
    expect(await docker("stop", "-t", "1", "web")).toBe("web");
    expect(await docker("wait", "web")).toBe("143");
    await docker("rename", "web", "other");
    expect(await docker("rm", "-f", "other")).toBe("other");
    expect(await docker("ps", "-aq")).toBe("");
  });

  test("logs, also followed", async () => {
    await using api = await startApi();
    await api.docker(["run", "--name", "web", "busybox", "both"]);
    expect(await api.docker(["logs", "web"])).toEqual({ code: 0, out: "out\n", err: "err\n" });
    expect((await api.docker(["logs", "-f", "-t", "web"])).out).toBe("out\n");
  });

  test("events are shown while they happen", async () => {
    await using api = await startApi();
    const child = Bun.spawn(
      ["docker", "-H", `unix://${api.path}`, "events", "--format", "{{.Action}}"],
      {
        stdout: "pipe",
        stderr: "ignore",
      },
    );
    await waitUntil("the client has subscribed", () => api.engine.calls.length > 0);
    api.engine.publish({
      type: "container",
      action: "start",
      actorId: "c",
      attributes: {},
      timeNs: 1n,
    });
    let shown = "";
    for await (const piece of child.stdout) {
      shown += Buffer.from(piece).toString();
      if (shown.endsWith("\n")) break;
    }
    expect(shown).toBe("start\n");
    child.kill();
    await child.exited;
  });

  test("images", async () => {
    await using api = await startApi();
    const docker = async (...args: string[]) => (await api.docker(args)).out.trim();
    expect(await docker("images", "--format", "{{.Repository}}:{{.Tag}}")).toBe("busybox:latest");
    expect(
      await docker("image", "inspect", "busybox", "--format", "{{.Os}}/{{.Architecture}}"),
    ).toBe("linux/amd64");
    expect(await docker("history", "--format", "{{.CreatedBy}}", "busybox")).toBe("CMD sh");
    expect(await docker("save", "busybox")).toBe("archive of busybox");
    expect((await api.docker(["load"], "tar")).out).toBe("Loaded image: busybox:latest\n");
    expect((await api.docker(["import", "-", "a:b"], "tar")).out).toBe(
      `sha256:${"c".repeat(64)}\n`,
    );
    await docker("tag", "busybox", "other:2");
    expect(await docker("rmi", "other:2")).toStartWith("Untagged: other:2");
    expect(await docker("image", "prune", "-f")).toContain("Total reclaimed space: 3B");
  });

  test("version and info", async () => {
    await using api = await startApi();
    expect(
      (await api.docker(["version", "--format", "{{.Server.Version}} {{.Server.APIVersion}}"])).out,
    ).toBe("0.1.0 1.51\n");
    const { out, err } = await api.docker(["info"]);
    expect(out).toContain(" Containers: 3\n");
    expect(err).toContain("No swap limit support");
  });

  test("as old as 1.24 it still works", async () => {
    await using api = await startApi();
    const { out } = await api.docker(["--version"]);
    expect(out).toStartWith("Docker version");
    const old = Bun.spawn(["docker", "-H", `unix://${api.path}`, "run", "busybox", "echo", "old"], {
      env: { PATH: "/usr/local/bin:/usr/bin", DOCKER_API_VERSION: "1.24", HOME: "/nonexistent" },
      stdout: "pipe",
      stderr: "pipe",
    });
    expect([await old.stdout.text(), await old.stderr.text()]).toEqual(["old\n", ""]);
  });
});
