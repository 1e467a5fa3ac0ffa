import { describe, expect, test } from "bun:test";
import { setTimeout as delay } from "node:timers/promises";
import { PATIENCE_MS } from "../../../test/support/patience.ts";
import { echo, RawClient, serve, talk, whole } from "../../../test/support/raw-http.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { ByteGarbage } from "../../base/byte-garbage.ts";
import type { Reply } from "./exchange.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

const HOST = "Host: d\r\n";

describe("requests", () => {
  test("a connection serves one request after another", async () => {
    await using server = await serve(echo);
    using client = await RawClient.connect(server.path);

    client.send(`GET /a HTTP/1.1\r\n${HOST}\r\n`);
    await client.until("GET /a ");
    client.send(`GET /b HTTP/1.1\r\n${HOST}\r\n`);

    expect(await client.until("GET /b ")).not.toContain("Connection: close");
  });

  test("pipelined requests are answered in order, also when the first is slow", async () => {
    await using server = await serve(async (request) => {
      if (request.target === "/1") await delay(20);
      return echo(request);
    });
    const request = (n: number) =>
      `POST /${n} HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\n${n}` as const;

    using client = await RawClient.connect(server.path);
    client.send(request(1) + request(2) + request(3));
    const text = await client.until("POST /3 3");

    expect(text.match(/POST \/\d \d/g)).toEqual(["POST /1 1", "POST /2 2", "POST /3 3"]);
  });

  test("a head and a body may come byte by byte", async () => {
    await using server = await serve(echo);
    using client = await RawClient.connect(server.path);
    client.socket.setNoDelay?.(true);

    const chunked = "5\r\nhello\r\n3;x=y\r\n ab\r\n0\r\nX-Trailer: 1\r\n\r\n";
    for (const byte of `POST /x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${chunked}`) {
      client.send(byte);
      await new Promise(setImmediate);
    }

    await client.until("POST /x hello ab");
  });

  test("an empty line before a request is ignored", async () => {
    await using server = await serve(echo);
    using client = await RawClient.connect(server.path);
    client.send(`\r\nGET /a HTTP/1.1\r\n${HOST}\r\n`);
    await client.until("GET /a ");
  });

  test("HTTP/1.0 ends after the reply, unless asked to stay", async () => {
    await using server = await serve(echo);
    expect(await talk(server.path, "GET /a HTTP/1.0\r\n\r\n")).toContain("Connection: close");

    using client = await RawClient.connect(server.path);
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await client.until("Connection: keep-alive");
  });

  test("Connection: close is obeyed", async () => {
    await using server = await serve(echo);
    const text = await talk(server.path, `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(text).toEndWith("GET /a ");
  });

  test("a client that half-closes after its request still gets the reply", async () => {
    await using server = await serve(echo);
    using client = await RawClient.connect(server.path);
    client.socket.end(`POST /a HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhi`);
    expect(await client.end()).toEndWith("POST /a hi");
  });

  test("HEAD has the head of GET and no body", async () => {
    await using server = await serve(async () => whole(200, "OK"));
    const text = await talk(server.path, `HEAD / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(text).toContain("Content-Length: 2\r\n");
    expect(text).toEndWith("\r\n\r\n");
  });

  test("204 has neither a body nor its length", async () => {
    await using server = await serve(async () => whole(204, ""));
    const text = await talk(server.path, `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    expect(text).not.toContain("Content-Length");
  });
});

describe("bodies", () => {
  test("100-continue is sent when the handler starts to read", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await serve(async (request) => {
      await go.promise;
      return echo(request);
    });
    using client = await RawClient.connect(server.path);
    client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
    await waitUntil("the connection is there", () => server.server.connections === 1);
    expect(client.text).toBe("");

    go.resolve();
    await client.until("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    await client.until("POST / hi");
  });

  test("a handler that never reads leaves the client blocked", async () => {
    const go = Promise.withResolvers<void>();
    await using server = await serve(async () => {
      await go.promise;
      return whole(404, "no");
    });
    using client = await RawClient.connect(server.path);
    client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 300000000\r\n\r\n`);
    const piece = Buffer.alloc(64 * 1024);
    let sent = 0;
    while (client.socket.write(piece) && sent < 300_000_000) {
      sent += piece.length;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(4_000_000);

    go.resolve();
    expect(await client.until("no")).toContain("Connection: close");
  });

  test("a client that still sends when it is refused has time to read why", async () => {
    await using server = await serve(async () => whole(404, "no such thing"), {
      lingerMs: PATIENCE_MS,
    });
    using client = await RawClient.connect(server.path);
    client.send(`PUT /a HTTP/1.1\r\n${HOST}Content-Length: 1000000000\r\n\r\n`);
    client.send(Buffer.alloc(8 * DEFAULT_LIMITS.drainBytes));
    await client.until("no such thing");

    await Bun.sleep(200);

    expect(client.closed).toBe(false);
  });

  test("a large body arrives whole, and memory stays flat", async () => {
    // What counts is what is held, not when the collector looks.
    const garbage = new ByteGarbage(16 * 1024 * 1024);
    await using server = await serve(async (request) => {
      let bytes = 0;
      for await (const piece of request.body) {
        bytes += piece.length;
        garbage.add(piece.length);
      }
      return whole(200, `got ${bytes}`);
    });
    using client = await RawClient.connect(server.path);
    const total = 512 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024);
    client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: ${total}\r\n\r\n`);
    const before = process.memoryUsage().rss;
    for (let sent = 0; sent < total; sent += piece.length) {
      if (!client.socket.write(piece)) {
        await new Promise((resolve) => client.socket.once("drain", resolve));
      }
    }
    await client.until(`got ${total}`);
    expect(process.memoryUsage().rss - before).toBeLessThan(total / 4);
  });
});

describe("streamed replies", () => {
  function streaming(stream: (signal: AbortSignal) => AsyncIterable<string>) {
    return serve(async ({ signal }): Promise<Reply> => {
      return { kind: "stream", status: 200, headers: {}, stream: stream(signal) };
    });
  }

  test("the head goes out before the first piece, and each piece at once", async () => {
    const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await using server = await streaming(async function* () {
      await steps[0]?.promise;
      yield "one";
      await steps[1]?.promise;
      yield "";
      yield "two";
    });
    using client = await RawClient.connect(server.path);
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);

    await client.until("Transfer-Encoding: chunked\r\n\r\n");
    steps[0]?.resolve();
    await client.until("3\r\none\r\n");
    steps[1]?.resolve();
    expect(await client.until("0\r\n\r\n")).toEndWith("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");

    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await client.until(/0\r\n\r\n[\s\S]*0\r\n\r\n$/);
  });

  test("HTTP/1.0 gets the bytes unframed", async () => {
    await using server = await streaming(async function* () {
      yield "one";
    });
    expect(await talk(server.path, "GET / HTTP/1.0\r\n\r\n")).toEndWith("\r\n\r\none");
  });

  test("a stream that fails is cut off, not ended", async () => {
    await using server = await streaming(async function* () {
      yield "one";
      throw new Error("broken");
    });
    const text = await talk(server.path, `GET / HTTP/1.1\r\n${HOST}\r\n`);
    expect(text).toEndWith("3\r\none\r\n");
    expect(server.errors).toEqual([new Error("broken")]);
  });

  test("a client that vanishes ends the stream, even one that never yields again", async () => {
    const seen: string[] = [];
    await using server = await streaming(async function* (signal) {
      signal.addEventListener("abort", () => seen.push("gone"));
      yield "one";
      await new Promise(() => {});
    });
    const client = await RawClient.connect(server.path);
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await client.until("one");
    client.socket.destroy();

    await waitUntil("the connection has ended", () => server.server.connections === 0);
    expect(seen).toEqual(["gone"]);
  });

  test("a client that does not read holds the stream back", async () => {
    let made = 0;
    await using server = await streaming(async function* () {
      for (; made < 10_000; made++) yield "x".repeat(64 * 1024);
    });
    using client = await RawClient.connect(server.path);
    client.socket.pause();
    client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);

    let before = -1;
    while (before !== made || made === 0) {
      before = made;
      await delay(50);
    }
    expect(made).toBeLessThan(100);
  });
});

describe("time limits", () => {
  test("an idle connection is closed", async () => {
    await using server = await serve(echo, { idleTimeoutMs: 20 });
    expect(await talk(server.path, "")).toBe("");
  });

  test("a head that never ends is refused", async () => {
    await using server = await serve(echo, { headTimeoutMs: 20 });
    expect(await talk(server.path, "GET / HTTP/1.1\r\nX-A: ")).toStartWith("HTTP/1.1 408 ");
  });
});
