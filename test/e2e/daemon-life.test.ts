// What containers and clients live through when a daemon ends, is killed, or comes back.

import { describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { runProgram } from "../support/run-program.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const SAMPAN = join(import.meta.dir, "../../bin/sampan");
/** Ends with 7 when it is told to, and has said a line before and one after. */
const WAITS = "echo before; read line < /w/pipe; echo after $line; exit 7";

describe("a container survives", () => {
  for (const how of ["stop", "kill"] as const) {
    test(`the daemon's ${how}: it runs on, and is the same afterwards`, async () => {
      await using daemon = await TestDaemon.startWithBusybox();
      const user = new ApiUser(daemon);
      const id = await user.run("echo one; read line; echo two; exit 7", { OpenStdin: true });
      await waitUntil("it speaks", async () => (await logs(daemon, id)) === "one\n");
      const { Pid } = (await user.inspect(id)).State;

      await daemon[how]();
      expect(existsSync(`/proc/${Pid}`)).toBe(true);
      await daemon.startAgain();

      expect((await user.inspect(id)).State).toMatchObject({ Running: true, Pid });
      expect((await daemon.sampan(["exec", id, "echo", "in"])).stdout).toBe("in\n");
      const attach = daemon.sampan(["attach", id], { stdin: "go\n" });
      expect(await user.wait(id)).toBe(7);
      await attach;
      expect(await logs(daemon, id)).toBe("one\ntwo\n");
    });

    test(`the daemon's ${how}: an end meanwhile is told afterwards, with all of its output`, async () => {
      await using daemon = await TestDaemon.startWithBusybox();
      const user = new ApiUser(daemon);
      const volume = [`${daemon.dataRoot}:/w`];
      // One each: two readers of one pipe may get each other's line.
      const [pipe, other] = [join(daemon.dataRoot, "pipe"), join(daemon.dataRoot, "other")];
      await runProgram(["mkfifo", pipe, other]);
      const [kept, removed] = await Promise.all([
        user.run(WAITS, { HostConfig: { Binds: volume } }),
        user.run("read line < /w/other", { HostConfig: { Binds: volume, AutoRemove: true } }),
      ]);
      const { Pid } = (await user.inspect(kept)).State;

      await daemon[how]();
      await runProgram(["sh", "-c", 'echo 1 > "$0"; echo 2 > "$1"', pipe, other]);
      await waitUntil("it has ended", () => !existsSync(`/proc/${Pid}`));
      await daemon.startAgain();

      const { State } = await user.inspect(kept);
      expect(State).toMatchObject({ Status: "exited", ExitCode: 7, Running: false });
      expect(Date.parse(State.FinishedAt)).toBeGreaterThan(Date.parse(State.StartedAt));
      expect(await logs(daemon, kept)).toBe("before\nafter 1\n");
      await waitUntil("--rm is done", async () => {
        return (await user.ask("GET", `/containers/${removed}/json`)).status === 404;
      });
      expect(await user.json("POST", `/containers/${kept}/start`)).toBeUndefined();
    });
  }

  test("kill -9 while it writes as fast as it can: no line is lost or doubled", async () => {
    await using daemon = await TestDaemon.startWithBusybox();
    const user = new ApiUser(daemon);
    const id = await user.run("seq 1 20000");
    await daemon.kill();
    await daemon.startAgain();
    expect(await user.wait(id)).toBe(0);
    const lines = (await logs(daemon, id)).trimEnd().split("\n");
    expect(lines.length).toBe(20_000);
    expect(lines.every((line, index) => line === String(index + 1))).toBe(true);
  });

  test("kill -9 in the middle of many starts leaves each container whole or not there", async () => {
    await using daemon = await TestDaemon.startWithBusybox();
    const user = new ApiUser(daemon);
    const runs = Array.from({ length: 12 }, (_, index) =>
      user.run("exec sleep 100", { Labels: { index: String(index) } }).catch(() => undefined),
    );
    await Promise.race(runs);
    await daemon.kill();
    await Promise.all(runs);
    await daemon.startAgain();

    for (const { Id, State } of await user.json("GET", "/containers/json?all=1")) {
      expect(["created", "running", "exited"]).toContain(State);
      if (State !== "running") await user.json("POST", `/containers/${Id}/start`);
      expect((await daemon.sampan(["exec", Id, "true"])).status).toBe(0);
    }
  });
});

describe("daemons", () => {
  test("two with different roots do not see each other's containers or images", async () => {
    await using first = await TestDaemon.startWithBusybox();
    const id = await new ApiUser(first).run("exec sleep 100");
    await using second = await TestDaemon.start();
    expect((await second.sampan(["ps", "-aq"])).stdout).toBe("");
    expect((await second.sampan(["images", "-q"])).stdout).toBe("");
    await second.importBusybox();
    const said = await second.sampan(["run", "--rm", "busybox", "hostname", "-i"]);
    expect(said.stdout).toStartWith(second.address.slice(0, second.address.lastIndexOf(".")));
    expect((await first.sampan(["exec", id, "true"])).status).toBe(0);
  });

  test("a second one on the same data root is refused, and the first goes on", async () => {
    await using daemon = await TestDaemon.startWithBusybox();
    const other = join(daemon.execRoot, "other");
    const args = ["--data-root", daemon.dataRoot, "--exec-root", other];
    const more = ["--host", `unix://${other}.sock`, "--bridge", `${daemon.bridge}b`];
    const { status, stderr } = await runProgram([SAMPAN, "daemon", ...args, ...more]);
    expect(status).toBe(1);
    expect(stderr).toContain(`another daemon (pid ${daemon.pid}) uses this data root`);
    expect((await daemon.sampan(["run", "--rm", "busybox", "echo", "on"])).stdout).toBe("on\n");
  });

  test("a second one on the same socket is refused, and the first goes on", async () => {
    await using daemon = await TestDaemon.start();
    const other = join(daemon.execRoot, "other");
    const args = ["--data-root", join(daemon.dataRoot, "other"), "--exec-root", other];
    const more = ["--host", daemon.host, "--bridge", `${daemon.bridge}b`];
    const { status, stderr } = await runProgram([SAMPAN, "daemon", ...args, ...more]);
    expect(status).toBe(1);
    expect(stderr).toContain(daemon.socket);
    expect((await daemon.fetch("/_ping")).ok).toBe(true);
  });

  test("a clean end removes socket, pid file and bridge when nothing runs", async () => {
    await using daemon = await TestDaemon.startWithBusybox();
    await daemon.sampan(["run", "--rm", "busybox", "true"]);
    await daemon.stop();
    const files = readdirSync(daemon.execRoot, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => !file.isDirectory()).map(({ name }) => name)).toEqual([
      "daemon.log",
    ]);
    expect(existsSync(`/sys/class/net/${daemon.bridge}`)).toBe(false);
  });

  test("listens at several places, and gives the socket to the group that was asked for", async () => {
    const second = `/run/st-second-${process.pid}.sock`;
    await using daemon = await TestDaemon.start("--host", `unix://${second}`, "--group", "12345");
    await waitUntil("the second socket is there", () => existsSync(second));
    expect((await fetch("http://d/_ping", { unix: second })).ok).toBe(true);
    const stat = await runProgram(["stat", "-c", "%g %a", second, daemon.socket]);
    expect(stat.stdout).toBe("12345 660\n12345 660\n");
  });

  for (const [args, wanted] of [
    [["--log-level", "loud"], 'Cannot log at level "loud"'],
    [["--log-driver", "loud"], "no log driver named 'loud' is registered"],
    [["--log-opt", "colour=red"], "unknown log opt 'colour' for json-file log driver"],
    [["--log-opt", "colour"], "want NAME=VALUE"],
    [["--log-driver", "none", "--log-opt", "max-size=1m"], "invalid logging opts for driver none"],
    [["--bip", "10.0.0.300/24"], "10.0.0.300/24"],
    [["--id-range", "5"], 'Cannot use the id range "5"'],
    [["--host", "tcp://127.0.0.1:0"], "TLS"],
    [["--group", "nosuchgroup"], 'group "nosuchgroup"'],
    [["--nosuch"], "--nosuch"],
  ] as const) {
    test(`refuses ${args.join(" ")}`, async () => {
      const root = `/run/st-refused-${process.pid}`;
      const own = ["--data-root", `${root}/d`, "--exec-root", `${root}/e`];
      const command = [SAMPAN, "daemon", ...own, "--host", `unix://${root}.sock`, ...args];
      const { status, stderr } = await runProgram(command);
      await runProgram(["rm", "-rf", root]);
      expect(status).toBe(1);
      expect(stderr).toContain(wanted);
    });
  }
});

async function logs(daemon: TestDaemon, id: string): Promise<string> {
  return (await daemon.sampan(["logs", id])).stdout;
}
