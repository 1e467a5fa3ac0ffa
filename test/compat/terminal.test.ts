// Both command lines on a real terminal: raw mode, window sizes, detach keys, signals.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import { TerminalUser } from "../support/terminal-user.ts";
import { waitUntil } from "../support/wait-until.ts";

const PROGRAMS = { docker: "docker", sampan: join(import.meta.dir, "../../bin/sampan") };

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

for (const { name, test } of COMMAND_LINES) {
  const type = (line: string) =>
    new TerminalUser([PROGRAMS[name], "--host", daemon.host, ...line.split(" ")]);

  describe(`${name} on a terminal`, () => {
    test("run -it: what is typed reaches the program, and its exit code comes back", async () => {
      using terminal = type("run --rm -it busybox sh");
      await terminal.until("# ");
      terminal.type("echo $((40+2)); stty size\n");
      await terminal.until("42\r\n24 80");
      terminal.type("exit 9\n");
      expect(await terminal.exited).toBe(9);
    });

    test("the window's size follows", async () => {
      // No line editor: one that is resized takes what is typed for the terminal's answer to it.
      const line = "echo ready; until stty size | grep '43 132'; do sleep 0.05; done";
      const run = ["run", "--rm", "-it", "busybox", "sh", "-c", line];
      using terminal = new TerminalUser([PROGRAMS[name], "--host", daemon.host, ...run]);
      await terminal.until("ready\r\n");
      // A client that does not listen yet misses a change, so there are more of them.
      await waitUntil("the program sees the new size", () => {
        terminal.resize(100, 40);
        terminal.resize(132, 43);
        return terminal.transcript.includes("43 132\r\n");
      });
      expect(await terminal.exited).toBe(0);
    });

    test("ctrl-c goes to the program, not to the client", async () => {
      // PID 1 does not hear a signal that it has no handler for: a program of --init's does.
      using terminal = type("run --rm -it --init busybox cat");
      terminal.type("in cat\n");
      await terminal.until("in cat\r\nin cat");
      terminal.type("\x03");
      expect(await terminal.exited).toBe(130);
    });

    test("the detach keys leave it running; attach comes back to it", async () => {
      const id = await user.run("exec cat", { OpenStdin: true, Tty: true });
      using terminal = type(`attach ${id}`);
      await attached(id);
      terminal.type("one\n");
      await terminal.until("one\r\none");
      terminal.type("\x10\x11");
      await terminal.exited;
      expect((await user.inspect(id)).State.Running).toBe(true);

      using again = type(`attach --detach-keys ctrl-x,y ${id}`);
      await attached(id);
      again.type("two\n");
      await again.until("two\r\ntwo");
      again.type("\x18y");
      await again.exited;
      expect((await user.inspect(id)).State.Running).toBe(true);
      await user.remove(id);
    });

    test("exec -it has a terminal of its own", async () => {
      const id = await user.run("exec sleep 100");
      using terminal = type(`exec -it ${id} sh`);
      await terminal.until("# ");
      terminal.type("tty; stty size; exit 4\n");
      await terminal.until(/\/dev\/pts\/\d+\r\n24 80/);
      expect(await terminal.exited).toBe(4);
      await user.remove(id);
    });

    test("start -ai connects to what was made before", async () => {
      const id = await user.create("read line; echo got $line", { OpenStdin: true, Tty: true });
      using terminal = type(`start -ai ${id}`);
      await attached(id);
      terminal.type("it\n");
      await terminal.until("got it");
      expect(await terminal.exited).toBe(0);
    });
  });

  describe(`${name} without a terminal`, () => {
    test("run -t passes on a signal that ends the client", async () => {
      const line = "trap 'exit 8' TERM; echo ready; while :; do sleep 0.01; done";
      const command = ["run", "--rm", "busybox", "sh", "-c", line];
      const child = Bun.spawn([PROGRAMS[name], "--host", daemon.host, ...command], {
        stdout: "pipe",
        stderr: "pipe",
      });
      const { value } = await child.stdout.getReader().read();
      expect(Buffer.from(value ?? []).toString()).toBe("ready\n");
      child.kill("SIGTERM");
      expect(await child.exited).toBe(8);
    });

    test("-it without a terminal is refused in Docker's words", async () => {
      const command = [PROGRAMS[name], "--host", daemon.host, "run", "--rm", "-it", "busybox"];
      const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      expect(await child.stderr.text()).toContain("the input device is not a TTY");
      expect(await child.exited).toBe(1);
      expect(await user.json("GET", "/containers/json?all=1")).not.toContainEqual(
        expect.objectContaining({ Command: "sh" }),
      );
    });
  });
}

/** Waits for the start, and until a client's connection is made. */
async function attached(id: string): Promise<void> {
  await waitUntil("it runs", async () => (await user.inspect(id)).State.Running);
}
