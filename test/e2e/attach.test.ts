// Attach and exec as raw connections: both forms of taking one over, half-closed, with and without a terminal.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

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

const ALL = "stream=1&stdin=1&stdout=1&stderr=1";
const WITH_STDIN = { OpenStdin: true, StdinOnce: true, AttachStdin: true };
const BOTH = "while read line; do echo got $line; echo bad $line >&2; done; echo end";

/** The two ways in which Docker's clients take a connection over. */
const FORMS = [
  {
    form: "the newer form",
    upgrade: true,
    status: "HTTP/1.1 101 UPGRADED",
    type: "application/vnd.docker.multiplexed-stream",
  },
  {
    form: "the older form",
    upgrade: false,
    status: "HTTP/1.1 200 OK",
    type: "application/vnd.docker.raw-stream",
  },
];

for (const { form, upgrade, status, type } of FORMS) {
  describe(`attach in ${form}`, () => {
    test("answers each stream in frames, and after half-close until the program's end", async () => {
      const id = await user.create(BOTH, WITH_STDIN);
      using stream = await user.open("POST", `/v1.51/containers/${id}/attach?${ALL}`, { upgrade });
      expect(await stream.head()).toStartWith(status);
      expect(await stream.head()).toContain(type);
      await user.json("POST", `/containers/${id}/start`);
      stream.send("one\n");
      await stream.client.until("bad one");
      stream.send("two\n");
      stream.halfClose();
      await stream.client.end();
      expect(stream.frames).toEqual({
        stdout: "got one\ngot two\nend\n",
        stderr: "bad one\nbad two\n",
      });
      expect(await user.wait(id)).toBe(0);
    });

    test("a terminal's bytes come as they are, and half-close does not end it", async () => {
      const id = await user.create("read line; echo got $line", { ...WITH_STDIN, Tty: true });
      using stream = await user.open("POST", `/v1.51/containers/${id}/attach?${ALL}`, { upgrade });
      expect(await stream.head()).toContain("application/vnd.docker.raw-stream");
      await user.json("POST", `/containers/${id}/start`);
      stream.send("typed\n");
      await stream.client.end();
      expect(stream.body).toBe("typed\r\ngot typed\r\n");
    });

    test("exec has its input, its two streams and its exit code", async () => {
      const id = await user.run("exec sleep 100");
      const exec = await createExec(id, { Cmd: ["sh", "-c", `${BOTH}; exit 5`] });
      const body = { Detach: false, Tty: false };
      using stream = await user.open("POST", `/exec/${exec}/start`, { upgrade, body });
      expect(await stream.head()).toStartWith(status);
      stream.send("one\n");
      stream.halfClose();
      await stream.client.end();
      expect(stream.frames).toEqual({ stdout: "got one\nend\n", stderr: "bad one\n" });
      expect(await user.json("GET", `/exec/${exec}/json`)).toMatchObject({
        Running: false,
        ExitCode: 5,
        ContainerID: id,
      });
      await user.remove(id);
    });
  });
}

describe("attach", () => {
  test("what is sent with the request's head belongs to the program", async () => {
    const id = await user.create("cat", WITH_STDIN);
    using stream = await user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
    stream.send("early");
    stream.halfClose();
    await stream.head();
    await user.json("POST", `/containers/${id}/start`);
    await stream.client.end();
    expect(stream.frames).toEqual({ stdout: "early" });
  });

  test("each of two clients sees all of the output, and either's input counts", async () => {
    const id = await user.run("read a; echo $a; read b; echo $b", { OpenStdin: true });
    using first = await user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
    using second = await user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
    await first.head();
    await second.head();
    first.send("1\n");
    await second.client.until("1\n");
    second.send("2\n");
    await first.client.end();
    await second.client.end();
    expect([first.frames["stdout"], second.frames["stdout"]]).toEqual(["1\n2\n", "1\n2\n"]);
  });

  test("logs=1 shows first what was said before", async () => {
    const id = await user.run("echo before; read line; echo after", { OpenStdin: true });
    await waitUntil("it has spoken", async () => (await logs(id)).includes("before"));
    using stream = await user.open("POST", `/containers/${id}/attach?${ALL}&logs=1`, {
      upgrade: true,
    });
    await stream.client.until("before");
    stream.send("\n");
    await stream.client.end();
    expect(stream.frames).toEqual({ stdout: "before\nafter\n" });
  });

  test("only what is asked for is shown", async () => {
    const id = await user.create("echo out; echo err >&2");
    using stream = await user.open("POST", `/containers/${id}/attach?stream=1&stderr=1`, {
      upgrade: true,
    });
    await stream.head();
    await user.json("POST", `/containers/${id}/start`);
    await stream.client.end();
    expect(stream.frames).toEqual({ stderr: "err\n" });
  });

  test("the keys to detach leave the container running, also keys of one's own", async () => {
    for (const [query, typed] of [
      ["", "\x10\x11"],
      ["&detachKeys=ctrl-a,x", "\x01x"],
    ] as const) {
      const id = await user.run("exec cat", { OpenStdin: true, Tty: true });
      using stream = await user.open("POST", `/containers/${id}/attach?${ALL}${query}`, {
        upgrade: true,
      });
      stream.send("seen\n");
      await stream.client.until("seen\r\nseen");
      stream.send(typed);
      await stream.client.end();
      expect((await user.inspect(id)).State.Running).toBe(true);
      await user.remove(id);
    }
  });

  test("resize tells the program of its terminal's size", async () => {
    const id = await user.run("read line; stty size", { OpenStdin: true, Tty: true });
    expect((await user.ask("POST", `/containers/${id}/resize?h=33&w=77`)).status).toBe(200);
    using stream = await user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
    await stream.head();
    stream.send("\n");
    await stream.client.end();
    expect(stream.body).toContain("33 77");
  });

  test("ConsoleSize is the size that a terminal starts with", async () => {
    const id = await user.run("stty size", { Tty: true, HostConfig: { ConsoleSize: [12, 34] } });
    await user.wait(id);
    expect(await logs(id)).toContain("12 34");
  });

  test("a megabyte goes in and comes back as it was", async () => {
    const id = await user.create("exec cat", WITH_STDIN);
    using stream = await user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
    await stream.head();
    await user.json("POST", `/containers/${id}/start`);
    const sent = Buffer.from(
      Array.from({ length: 1 << 20 }, (_, index) => 32 + ((index * 7) % 90)),
    );
    stream.send(sent);
    stream.halfClose();
    await stream.client.end();
    expect(stream.frames["stdout"] === sent.toString()).toBe(true);
  });
});

async function createExec(id: string, config: object): Promise<string> {
  const streams = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  return (await user.json("POST", `/containers/${id}/exec`, { ...streams, ...config })).Id;
}

async function logs(id: string): Promise<string> {
  return (await user.ask("GET", `/containers/${id}/logs?stdout=1&stderr=1`)).text;
}
