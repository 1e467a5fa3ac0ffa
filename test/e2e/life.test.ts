import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hasDocker, TestDaemon } from "../support/daemon.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

describe("the life of containers over daemons", () => {
  let daemon: TestDaemon;
  beforeAll(async () => {
    daemon = await TestDaemon.startWithBusybox();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
  });

  const sampan = async (words: string) => {
    const { stdout, stderr, status } = await daemon.sampan(words.split(" "));
    if (status !== 0) throw new Error(`sampan ${words}: ${stderr}`);
    return stdout.trim();
  };
  const show = (name: string, path: string) => sampan(`inspect --format {{${path}}} ${name}`);
  const become = (name: string, path: string, wanted: string) =>
    waitUntil(`${path} of ${name} is ${wanted}`, async () => (await show(name, path)) === wanted);

  test("kill -9 of the daemon loses no restart, and no health", async () => {
    await sampan("run -d --name crash --restart always busybox sh -c exit+3".replace("+", " "));
    await sampan("run -d --name well --health-cmd true --health-interval 50ms busybox sleep 1000");
    await sampan("run -d --name unless --restart unless-stopped busybox sleep 1000");
    await become("well", ".State.Health.Status", "healthy");
    await waitUntil("it has crashed", async () => Number(await show("crash", ".RestartCount")) > 1);
    const pid = Number(await show("unless", ".State.Pid"));
    await daemon.kill();
    process.kill(pid, "SIGKILL");
    await daemon.startAgain();

    await become("unless", ".State.Status", "running");
    expect(Number(await show("unless", ".State.Pid"))).not.toBe(pid);
    await become("well", ".State.Health.Status", "healthy");
    const before = Number(await show("crash", ".RestartCount"));
    await waitUntil(
      "it crashes on",
      async () => Number(await show("crash", ".RestartCount")) > before,
    );
    expect(await sampan("ps --filter name=well --format {{.Status}}")).toMatch(
      /^Up .* \(healthy\)$/,
    );
    await sampan("rm -f crash well unless");
  });

  test("wait --condition healthy, --replace and --timeout", async () => {
    const server = ["sh", "-c", "mkdir /w && echo hi > /w/index.html && exec httpd -f -p 80 -h /w"];
    const options = "run -d --name web --health-http :80/index.html --health-interval 50ms busybox";
    expect((await daemon.sampan([...options.split(" "), ...server])).status).toBe(0);
    expect(await sampan("wait --condition healthy web")).toBe("0");
    const first = await show("web", ".Id");
    await sampan("run -d --replace --name web --timeout 1 busybox sleep 1000");

    expect(await show("web", ".Id")).not.toBe(first);
    expect(await sampan("wait web")).toBe("137");
    expect(await show("web", ".State.Error")).toContain("its time of 1 s was up");
    const refused = await daemon.sampan([
      "run",
      "--replace",
      "--name",
      "web",
      "--cap-add",
      "X",
      "busybox",
    ]);
    expect(refused.status).toBe(125);
    expect(await show("web", ".State.ExitCode")).toBe("137");
    await sampan("rm web");
  });

  testIf(hasDocker, "no docker")(
    "docker's command line runs, shows and changes all of it",
    async () => {
      const docker = async (args: readonly string[]) => {
        const { stdout, stderr, status } = await daemon.docker(args);
        if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr}`);
        return stdout.trim();
      };
      const inspect = (format: string) => docker(["inspect", "--format", format, "dd"]);
      const health = [
        "--health-cmd",
        "echo fine",
        "--health-interval",
        "50ms",
        "--health-retries",
        "2",
      ];
      await docker([
        "run",
        "-d",
        "--name",
        "dd",
        "--restart",
        "on-failure:4",
        ...health,
        "busybox",
        "sleep",
        "1000",
      ]);

      expect(await docker(["ps", "--format", "{{.Status}}"])).toMatch(
        /^Up .* \((healthy|health: starting)\)$/,
      );
      await waitUntil(
        "it is well",
        async () => (await inspect("{{.State.Health.Status}}")) === "healthy",
      );
      expect(await inspect("{{(index .State.Health.Log 0).Output}}")).toBe("fine");
      expect(await inspect("{{json .Config.Healthcheck}}")).toBe(
        '{"Test":["CMD-SHELL","echo fine"],"Interval":50000000,"Retries":2}',
      );
      expect(await inspect("{{.HostConfig.RestartPolicy}}")).toBe("{on-failure 4}");
      await docker(["update", "--restart", "unless-stopped", "dd"]);
      expect(await inspect("{{.HostConfig.RestartPolicy.Name}}")).toBe("unless-stopped");
      expect(await docker(["ps", "-q", "--filter", "health=healthy"])).not.toBe("");
      await docker(["stop", "-t", "0", "dd"]);
      expect(await inspect("{{.State.Status}} {{.RestartCount}}")).toBe("exited 0");
      await docker(["rm", "dd"]);
    },
  );
});
