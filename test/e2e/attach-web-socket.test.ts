// Attach over a WebSocket, with a client that is not of this project's making.

import { afterAll, beforeAll, expect } from "bun:test";
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

async function attach(id: string, query = ALL) {
  const socket = new WebSocket(`ws+unix://${daemon.socket}:/containers/${id}/attach/ws?${query}`);
  socket.binaryType = "arraybuffer";
  const seen = { text: "" };
  socket.addEventListener("message", ({ data }) => {
    seen.text += Buffer.from(data).toString();
  });
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return { socket, seen, closed };
}

test("a program without a terminal: both its streams, without frames, up to its end", async () => {
  const config = { OpenStdin: true, StdinOnce: true };
  const id = await user.create("read x; echo got $x; echo bad >&2; seq 1 20000", config);
  const client = await attach(id);
  await user.json("POST", `/containers/${id}/start`);
  client.socket.send("it\n");

  expect(await client.closed).toBe(1000);
  // Where the streams meet may be in the middle of a line.
  expect(client.seen.text).toContain("bad\n");
  const lines = client.seen.text.replace("bad\n", "").trimEnd().split("\n");
  expect(lines).toContain("got it");
  expect(lines.length).toBe(20_001);
});

test("a terminal is left by the detach keys, and shows its log to who comes back", async () => {
  const id = await user.create("echo ready; cat", { Tty: true, OpenStdin: true });
  const client = await attach(id, `${ALL}&detachKeys=ctrl-a,b`);
  await user.json("POST", `/containers/${id}/start`);
  await waitUntil("it is ready", () => client.seen.text.includes("ready"));
  client.socket.send("\x01b");

  expect(await client.closed).toBe(1000);
  const again = await attach(id, `${ALL}&logs=1`);
  await waitUntil("the log came", () => again.seen.text.includes("ready"));
  again.socket.close(1000);
  await again.closed;
  expect((await user.inspect(id)).State.Running).toBe(true);
  await user.json("DELETE", `/containers/${id}?force=1`);
});

test("a client that vanishes leaves the program alone", async () => {
  const id = await user.run("cat", { OpenStdin: true });
  const client = await attach(id);
  client.socket.terminate();
  await client.closed;
  const other = await attach(id);
  other.socket.send("still\n");
  await waitUntil("it answers", () => other.seen.text === "still\n");
  other.socket.close(1000);
  await user.json("DELETE", `/containers/${id}?force=1`);
});
