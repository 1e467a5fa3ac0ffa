import { describe, expect, test } from "bun:test";
import type { Duplex } from "node:stream";
import { RawClient, serve, talk } from "../../../test/support/raw-http.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { HijackReply, HttpRequest } from "./exchange.ts";

const HEAD = "POST /attach HTTP/1.1\r\nHost: d\r\n";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

function hijack(request: HttpRequest, serve: HijackReply["serve"]): HijackReply {
  const upgraded = request.upgrade !== undefined;
  return {
    kind: "hijack",
    status: upgraded ? 101 : 200,
    reason: upgraded ? "UPGRADED" : "OK",
    headers: upgraded ? { Connection: "Upgrade", Upgrade: "tcp" } : {},
    serve,
  };
}

/** Gives back what it gets, in capitals, and says so at the end of it. */
function shout(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.on("data", (chunk) => socket.write(chunk.toString().toUpperCase()));
    socket.on("end", () => socket.write("END", () => resolve()));
    socket.on("close", () => resolve());
  });
}

describe.each([
  ["with Upgrade", UPGRADE, "HTTP/1.1 101 UPGRADED\r\n"],
  ["without Upgrade", "", "HTTP/1.1 200 OK\r\n"],
])("a connection taken over %s", (_, fields, status) => {
  test("is raw both ways, and half-closed is still answered", async () => {
    await using server = await serve(async (request) => hijack(request, shout));
    using client = await RawClient.connect(server.path);
    client.send(`${HEAD}${fields}\r\n`);
    expect(await client.until("\r\n\r\n")).toStartWith(status);

    client.send("one");
    await client.until("ONE");
    client.socket.end("two");
    expect(await client.end()).toEndWith("\r\n\r\nONETWOEND");
  });

  test("keeps the bytes that came with the head", async () => {
    await using server = await serve(async (request) => hijack(request, shout));
    using client = await RawClient.connect(server.path);
    client.socket.end(`${HEAD}${fields}\r\nearly`);
    expect(await client.end()).toEndWith("\r\n\r\nEARLYEND");
  });

  test("keeps the bytes that came after a body", async () => {
    await using server = await serve(async (request) => {
      const body = Buffer.concat(await Array.fromAsync(request.body)).toString();
      return hijack(request, async (socket) => {
        socket.write(`<${body}>`);
        await shout(socket);
      });
    });
    using client = await RawClient.connect(server.path);
    client.socket.end(`${HEAD}${fields}Content-Length: 4\r\n\r\nbodyearly`);
    expect(await client.end()).toEndWith("\r\n\r\n<body>EARLYEND");
  });

  test("keeps them when the client half-closed before it was taken over", async () => {
    await using server = await serve(async (request) => {
      await Bun.sleep(20);
      return hijack(request, shout);
    });
    for (const early of ["early", ""]) {
      using client = await RawClient.connect(server.path);
      client.socket.end(`${HEAD}${fields}\r\n${early}`);
      expect(await client.end()).toEndWith(`\r\n\r\n${early.toUpperCase()}END`);
    }
    expect(server.errors).toEqual([]);
  });

  test("is not waited for when the client went before it was taken over", async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await serve(async (request) => {
      await gone.promise;
      return hijack(request, () => new Promise<void>(() => {}));
    });
    const client = await RawClient.connect(server.path);
    client.send(`${HEAD}${fields}\r\n`);
    await waitUntil("the connection is there", () => server.server.connections === 1);
    client.socket.destroy();
    await waitUntil("it is closed", () => client.closed);
    gone.resolve();
    // With no output to fail, only the limit ends it.
    await server.server.close(20);
  });

  test("ends when its client vanishes, half-closed before or not", async () => {
    await using server = await serve(async (request) =>
      hijack(request, (client) => {
        client.resume();
        return new Promise((resolve) => client.on("close", () => resolve()));
      }),
    );
    for (const first of ["destroy", "end"] as const) {
      const client = await RawClient.connect(server.path);
      client.send(`${HEAD}${fields}\r\n`);
      await client.until("\r\n\r\n");
      client.socket[first]();
      if (first === "end") await Bun.sleep(20);
      client.socket.destroy();
      await waitUntil("the connection has ended", () => server.server.connections === 0);
    }
  });

  test("loses nothing when its server starts to listen late", async () => {
    await using server = await serve(async (request) =>
      hijack(request, async (socket) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        await shout(socket);
      }),
    );
    using client = await RawClient.connect(server.path);
    client.socket.end(`${HEAD}${fields}\r\nearly`);
    expect(await client.end()).toEndWith("\r\n\r\nEARLYEND");
  });

  test("ends when its server does, and the client need not", async () => {
    await using server = await serve(async (request) =>
      hijack(request, async (socket) => void socket.write("bye")),
    );
    using client = await RawClient.connect(server.path);
    client.send(`${HEAD}${fields}\r\n`);
    expect(await client.end()).toEndWith("bye");
    client.socket.end();
    await waitUntil("the connection has ended", () => server.server.connections === 0);
  });

  test("is closed only when a slow client has all of it", async () => {
    await using server = await serve(async (request) =>
      hijack(request, async (socket) => void socket.write("x".repeat(3_000_000))),
    );
    using client = await RawClient.connect(server.path);
    client.socket.pause();
    client.socket.end(`${HEAD}${fields}\r\n`);
    await Bun.sleep(20);
    client.socket.resume();
    expect((await client.end()).length).toBeGreaterThan(3_000_000);
  });

  test("is given up when its server fails", async () => {
    await using server = await serve(async (request) =>
      hijack(request, async () => {
        throw new Error("broken");
      }),
    );
    await talk(server.path, `${HEAD}${fields}\r\n`);
    expect(server.errors).toEqual([new Error("broken")]);
  });

  test("holds the client back when its server does not read", async () => {
    await using server = await serve(async (request) =>
      hijack(request, (socket) => new Promise((resolve) => socket.on("close", () => resolve()))),
    );
    using client = await RawClient.connect(server.path);
    client.send(`${HEAD}${fields}\r\n`);
    await client.until("\r\n\r\n");
    let sent = 0;
    while (client.socket.write(Buffer.alloc(65536)) && sent < 100e6) {
      sent += 65536;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(4e6);
  });
});
