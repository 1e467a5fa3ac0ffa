// Clients that go away in the middle of every kind of stream: the daemon holds nothing for them afterwards.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { readdirSync } from "node:fs";
import { ApiUser, type OpenStream } from "../support/api-user.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { RawClient } from "../support/raw-http.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const CHATTY = "i=0; while :; do echo line $i; i=$((i+1)); usleep 1000; done";
const STDIN = { OpenStdin: true };
const ALL = "stream=1&stdin=1&stdout=1&stderr=1";

let daemon: TestDaemon;
let user: ApiUser;
let chatty: string;
let silent: string;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
  [chatty, silent] = await Promise.all([user.run(CHATTY), user.run("exec cat", STDIN)]);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

describe("a client vanishes from", () => {
  const streams: readonly (readonly [name: string, open: () => Promise<OpenStream>])[] = [
    ["attach to a container that talks", () => attach(chatty)],
    ["attach to a silent container", () => attach(silent)],
    ["attach in the older form", () => user.open("POST", `/containers/${silent}/attach?${ALL}`)],
    ["logs that it follows", () => logs(chatty)],
    ["logs of a silent container", () => logs(silent)],
    ["events", () => user.open("GET", "/events")],
    ["wait", () => wait("not-running")],
    ["wait for the next exit", () => wait("next-exit")],
    ["wait for the removal", () => wait("removed")],
    ["save", () => user.open("GET", "/images/busybox/get")],
    ["exec of a program that waits for input", () => exec(["cat"])],
  ];
  for (const [name, open] of streams) {
    test(name, async () => {
      // The runtime opens some for good when it first needs them, such as the one that watches files.
      (await startedStream(open)).vanish();
      await settledDescriptors();
      const before = countDescriptors();
      for (let round = 0; round < 3; round += 1) (await startedStream(open)).vanish();
      await waitUntil("its descriptors are closed", () => countDescriptors() <= before);
      expect((await user.ask("GET", "/_ping")).status).toBe(200);
      expect((await user.inspect(silent)).State.Running).toBe(true);
    });
  }

  const uploads = ["/images/create?fromSrc=-&repo=cut&tag=1", "/images/load"];
  for (const path of uploads) {
    test(`${path}: nothing of the half image stays`, async () => {
      const before = countDescriptors();
      const files = listFiles();
      const archive = await Bun.file(await ensureBusyboxArchive()).bytes();
      const client = await RawClient.connect(daemon.socket);
      client.send(`POST ${path} HTTP/1.1\r\nHost: d\r\nContent-Length: ${archive.length}\r\n\r\n`);
      client.send(archive.subarray(0, archive.length / 2));
      await waitUntil("it is being read", () => listFiles().length > files.length);
      client.socket.destroy();
      await waitUntil("its files are gone", () => listFiles().join() === files.join());
      await waitUntil("its descriptors are closed", () => countDescriptors() <= before);
      expect((await user.ask("GET", "/images/cut:1/json")).status).toBe(404);
    });
  }

  test("an exec: what it started goes on, as with Docker", async () => {
    const id = await user.run("exec sleep 100");
    const { Id } = await user.json("POST", `/containers/${id}/exec`, {
      Cmd: ["sh", "-c", "read line; touch /ended; sleep 100"],
      AttachStdin: true,
      AttachStdout: true,
    });
    const stream = await user.open("POST", `/exec/${Id}/start`, { upgrade: true, body: {} });
    await stream.head();
    stream.vanish();
    await waitUntil("its input ended", async () => {
      const { status } = await daemon.sampan(["exec", id, "test", "-e", "/ended"]);
      return status === 0;
    });
    expect((await user.json("GET", `/exec/${Id}/json`)).Running).toBe(true);
    await user.remove(id);
  });
});

/** Opens a stream and waits until it is under way. */
async function startedStream(open: () => Promise<OpenStream>): Promise<OpenStream> {
  const stream = await open();
  await stream.head();
  return stream;
}

function attach(id: string): Promise<OpenStream> {
  return user.open("POST", `/containers/${id}/attach?${ALL}`, { upgrade: true });
}

function logs(id: string): Promise<OpenStream> {
  return user.open("GET", `/containers/${id}/logs?follow=1&stdout=1&stderr=1`);
}

function wait(condition: string): Promise<OpenStream> {
  return user.open("POST", `/containers/${silent}/wait?condition=${condition}`);
}

async function exec(Cmd: readonly string[]): Promise<OpenStream> {
  const streams = { AttachStdin: true, AttachStdout: true, AttachStderr: true };
  const { Id } = await user.json("POST", `/containers/${silent}/exec`, { Cmd, ...streams });
  return user.open("POST", `/exec/${Id}/start`, { upgrade: true, body: {} });
}

function countDescriptors(): number {
  return readdirSync(`/proc/${daemon.pid}/fd`).length;
}

/** Waits until the number of open descriptors stays the same for a while. */
async function settledDescriptors(): Promise<void> {
  const seen: number[] = [];
  await waitUntil("descriptors come and go no more", () => {
    seen.push(countDescriptors());
    return seen.length > 10 && seen.slice(-10).every((count) => count === seen.at(-1));
  });
}

function listFiles(): readonly string[] {
  return readdirSync(daemon.dataRoot, { recursive: true })
    .map(String)
    .filter((path) => !/sqlite|\.db|-wal|-shm/.test(path))
    .sort();
}
