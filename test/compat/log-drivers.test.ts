// Log drivers and their options, as both command lines ask for them.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import { LogReceiver } from "../support/log-receiver.ts";
import { testAsRoot } from "../support/test-if.ts";

let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const UNREADABLE = "configured logging driver does not support reading";

const REFUSED = [
  [["--log-opt", "colour=red"], "unknown log opt 'colour' for json-file log driver"],
  [["--log-driver", "nowhere"], "no log driver named 'nowhere' is registered"],
  [["--log-opt", "mode=x"], "logger: logging mode not supported: x"],
  [["--log-driver", "gelf", "--log-opt", "gelf-address=x"], "proto://address, got x"],
  [
    ["--log-driver", "syslog", "--log-opt", "syslog-address=tcp://127.0.0.1:1"],
    "failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused",
  ],
] as const;

for (const { name, test, run } of COMMAND_LINES) {
  describe(name, () => {
    const say = async (args: readonly string[]) => {
      const { status, stdout, stderr } = await run(daemon, args);
      if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
      return stdout.trim();
    };
    const runToEnd = async (options: readonly string[], script: string) => {
      const id = await say(["run", "-d", ...options, "busybox", "sh", "-c", script]);
      await say(["wait", id]);
      return id;
    };

    test("details are labels, variables and the tag that were asked for", async () => {
      const chosen = [
        "--log-opt",
        "labels=role",
        "--log-opt",
        "env=A",
        "--log-opt",
        "tag={{.Name}}",
      ];
      const about = ["--name", `${name}-detailed`, "-l", "role=db", "-e", "A=1 2", "-e", "B=3"];
      const id = await runToEnd([...chosen, ...about], "echo hi");

      expect(await say(["logs", "--details", id])).toBe(`A=1+2,role=db,tag=${name}-detailed hi`);
      expect(await say(["logs", id])).toBe("hi");
      await say(["rm", id]);
    });

    test("local keeps a log without a path, none keeps nothing", async () => {
      const local = await runToEnd(["--log-driver", "local"], "echo hi");
      const none = await runToEnd(["--log-driver", "none"], "echo hi");

      expect(await say(["logs", local])).toBe("hi");
      expect(
        await say(["inspect", "-f", "{{.LogPath}}|{{.HostConfig.LogConfig.Type}}", local]),
      ).toBe("|local");
      expect((await run(daemon, ["logs", none])).stderr).toContain(UNREADABLE);
      await say(["rm", local, none]);
    });

    test("syslog sends the log, and it can be shown too", async () => {
      await using receiver = await LogReceiver.listen();
      const address = `syslog-address=tcp://127.0.0.1:${receiver.port}`;
      const options = ["--log-driver", "syslog", "--log-opt", address];
      const tag = ["--log-opt", "tag={{.ImageName}}/{{.ID}}", "--log-opt", "syslog-format=rfc3164"];
      const id = await runToEnd([...options, ...tag], "echo out; sleep 0.1; echo err >&2");

      expect(await receiver.until("err\n")).toMatch(
        new RegExp(`^<30>.* busybox/${id.slice(0, 12)}\\[\\d+\\]: out\n<27>.*: err\n$`),
      );
      expect((await run(daemon, ["logs", id])).stderr).toBe("err\n");
      await say(["rm", id]);
    });

    test("what makes no sense is refused, with Docker's words", async () => {
      for (const [options, text] of REFUSED) {
        const { status, stderr } = await run(daemon, [
          "run",
          "--rm",
          ...options,
          "busybox",
          "true",
        ]);
        expect(stderr).toContain(text);
        expect(status).not.toBe(0);
      }
    });

    test("long lines, line ends of others, unfinished ones and bytes that are no text", async () => {
      const script =
        "head -c 65536 /dev/zero | tr '\\0' x; echo; printf 'crlf\\r\\n'; printf '\\377\\n'; printf end";
      const id = await runToEnd([], script);
      const { stdout } = await run(daemon, ["logs", id]);

      expect(stdout).toBe(`${"x".repeat(65_536)}\ncrlf\r\n\ufffd\nend`);
      await say(["rm", id]);
    });
  });
}

testAsRoot("sampan logs --clear empties a log", async () => {
  const id = (await daemon.sampan(["run", "-d", "busybox", "echo", "hi"])).stdout.trim();
  await daemon.sampan(["wait", id]);
  const { status, stdout } = await daemon.sampan(["logs", "--clear", id]);

  expect([status, stdout]).toEqual([0, ""]);
  expect((await daemon.sampan(["logs", id])).stdout).toBe("");
  expect((await daemon.sampan(["logs", "--clear", "nobody"])).stderr).toContain(
    "No such container: nobody",
  );
  await daemon.sampan(["rm", id]);
});

testAsRoot("a daemon's log driver is that of containers that ask for none", async () => {
  const chosen = ["--log-driver", "local", "--log-opt", "max-size=1m", "--log-opt", "max-file=2"];
  await using other = await TestDaemon.startWithBusybox(...chosen);
  const create = async (...options: readonly string[]) => {
    const { stdout } = await other.sampan(["create", ...options, "busybox", "true"]);
    const shown = await other.sampan([
      "inspect",
      "-f",
      "{{json .HostConfig.LogConfig}}",
      stdout.trim(),
    ]);
    return JSON.parse(shown.stdout);
  };

  expect((await other.sampan(["info", "-f", "{{.LoggingDriver}}"])).stdout).toBe("local\n");
  expect(await create()).toEqual({
    Type: "local",
    Config: { "max-size": "1m", "max-file": "2" },
  });
  expect(await create("--log-opt", "max-file=3")).toEqual({
    Type: "local",
    Config: { "max-size": "1m", "max-file": "3" },
  });
  expect(await create("--log-driver", "json-file")).toEqual({ Type: "json-file", Config: {} });
  expect(await create("--log-driver", "none")).toEqual({ Type: "none", Config: {} });
});
