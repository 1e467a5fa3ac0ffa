// Requests that do not fit what there is, or HTTP: Docker's status and words, and a daemon that still answers.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { RawClient } from "../support/raw-http.ts";
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

describe("what names something that is not there is 404:", () => {
  const rows: readonly (readonly [string, string, object?])[] = [
    ["GET", "/containers/nosuch/json"],
    ["POST", "/containers/nosuch/start"],
    ["POST", "/containers/nosuch/stop"],
    ["POST", "/containers/nosuch/kill"],
    ["POST", "/containers/nosuch/restart"],
    ["POST", "/containers/nosuch/wait"],
    ["POST", "/containers/nosuch/rename?name=x"],
    ["POST", "/containers/nosuch/resize?h=1&w=1"],
    ["POST", "/containers/nosuch/attach?stream=1&stdout=1"],
    ["GET", "/containers/nosuch/logs?stdout=1"],
    ["DELETE", "/containers/nosuch"],
    ["POST", "/containers/nosuch/exec", { Cmd: ["true"] }],
    ["POST", "/exec/nosuch/start", {}],
    ["GET", "/exec/nosuch/json"],
    ["GET", "/images/nosuch/json"],
    ["GET", "/images/nosuch/history"],
    ["GET", "/images/nosuch/get"],
    ["POST", "/images/nosuch/tag?repo=x"],
    ["DELETE", "/images/nosuch"],
    ["GET", "/no/such/endpoint"],
  ];
  for (const [method, path, body] of rows) {
    test(`${method} ${path}`, async () => {
      const { status, message } = await user.ask(method, path, body);
      expect([status, message.length > 0]).toEqual([404, true]);
    });
  }
});

describe("a state that does not fit is told as Docker tells it:", () => {
  const rows = [
    ["kill of one that does not run", "created", "POST", "kill", 409, "is not running"],
    ["stop of one that does not run", "created", "POST", "stop", 304, ""],
    ["start of one that runs", "running", "POST", "start", 304, ""],
    ["exec in one that does not run", "created", "POST", "exec", 409, "is not running"],
    ["resize of one that does not run", "created", "POST", "resize?h=1&w=1", 409, "is not running"],
    ["removal of one that runs", "running", "DELETE", "", 409, "force remove"],
    ["kill with an unknown signal", "running", "POST", "kill?signal=ODD", 400, "ODD"],
    [
      "a rename to its own name",
      "running",
      "POST",
      "rename?name=bad-state",
      400,
      "Renaming a container with the same name as its current name",
    ],
    ["a rename to a bad name", "running", "POST", "rename?name=a/b", 400, "Invalid container name"],
    [
      "a rename to nothing",
      "running",
      "POST",
      "rename?name=",
      400,
      "Neither old nor new names may be empty",
    ],
    ["logs of no stream", "running", "GET", "logs", 400, "you must choose at least one stream"],
    ["a wait for an unknown condition", "running", "POST", "wait?condition=odd", 400, "odd"],
    ["a stop with a time that is no number", "running", "POST", "stop?t=soon", 400, "soon"],
  ] as const;
  for (const [name, state, method, path, status, message] of rows) {
    test(name, async () => {
      const config = { Image: "busybox", Cmd: ["sleep", "100"] };
      const { Id } = await user.json("POST", "/containers/create?name=bad-state", config);
      if (state === "running") await user.json("POST", `/containers/${Id}/start`);
      const body = path === "exec" ? { Cmd: ["true"] } : undefined;
      const answer = await user.ask(
        method,
        `/containers/${Id}${path === "" ? "" : "/"}${path}`,
        body,
      );
      await user.remove(Id);
      expect(answer.status).toBe(status);
      expect(answer.message).toContain(message);
    });
  }

  test("a name that is in use", async () => {
    const config = { Image: "busybox" };
    const { Id } = await user.json("POST", "/containers/create?name=used", config);
    const { status, message } = await user.ask("POST", "/containers/create?name=used", config);
    await user.remove(Id);
    expect(status).toBe(409);
    expect(message).toBe(
      `Conflict. The container name "/used" is already in use by container "${Id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  });

  test("an image that a container uses", async () => {
    const id = await user.run("exec sleep 100");
    const { status, message } = await user.ask("DELETE", "/images/busybox");
    await user.remove(id);
    expect(status).toBe(409);
    expect(message).toContain('unable to remove repository reference "busybox" (must force)');
    expect((await user.ask("GET", "/images/busybox/json")).status).toBe(200);
  });
});

describe("hostile HTTP", () => {
  const rows: readonly (readonly [name: string, request: string, answer: RegExp])[] = [
    ["malformed JSON", post("/containers/create", "{"), / 400 .*"message":"[^"]+/s],
    ["JSON with more after it", post("/containers/create", "{} x"), / 400 /],
    ["JSON of another type", post("/containers/create", "[]"), / 400 /],
    ["a field of the wrong type", post("/containers/create", '{"Image":5}'), / 400 .*Image/s],
    ["no JSON where some is needed", post("/containers/create", ""), / 400 /],
    [
      "an API version that is too new",
      "GET /v1.99/version HTTP/1.1\r\nHost: d\r\n\r\n",
      / 400 .*client version 1.99 is too new. Maximum supported API version is 1.51/s,
    ],
    [
      "an API version that is too old",
      "GET /v1.2/version HTTP/1.1\r\nHost: d\r\n\r\n",
      / 400 .*client version 1.2 is too old. Minimum supported API version is 1.24/s,
    ],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", / 400 /],
    ["a path that leaves its place", "GET /../../etc/passwd HTTP/1.1\r\nHost: d\r\n\r\n", / 404 /],
    ["a broken escape", "GET /containers/%zz/json HTTP/1.1\r\nHost: d\r\n\r\n", / 400 /],
    ["a NUL in a name", "GET /containers/%00/json HTTP/1.1\r\nHost: d\r\n\r\n", / 40[04] /],
    ["headers without an end", `GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}`, / 4(31|00) /],
    [
      "two lengths",
      "POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      / 400 /,
    ],
    [
      "a length and chunks",
      "POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      / 400 /,
    ],
    [
      "a chunk of no size",
      "POST /images/load HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      / 400 /,
    ],
  ];
  for (const [name, request, answer] of rows) {
    test(name, async () => {
      using client = await RawClient.connect(daemon.socket);
      client.send(request);
      expect(await client.until(answer)).toMatch(answer);
      expect((await user.ask("GET", "/_ping")).status).toBe(200);
    });
  }

  for (const path of ["/containers/create", "/images/load"]) {
    test(`a body that never ends is given up: ${path}`, async () => {
      using client = await RawClient.connect(daemon.socket);
      client.send(`POST ${path} HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
      let sent = 0;
      await waitUntil("the daemon has enough", async () => {
        sent += 1;
        client.send(chunk);
        return client.ended || client.closed;
      });
      expect(sent).toBeLessThan(1000);
      expect((await user.ask("GET", "/_ping")).status).toBe(200);
    });
  }

  test("the answer to a body that is no archive is there although more of it comes", async () => {
    const { status, text } = await user.ask("POST", "/images/load", "no archive ".repeat(5000));
    expect([status, text.includes("archive")]).toEqual([400, true]);
  });
});

function post(path: string, body: string): string {
  const head = ["Host: d", "Content-Type: application/json", `Content-Length: ${body.length}`];
  return `POST ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\n\r\n${body}`;
}
