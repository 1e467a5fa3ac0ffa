import { describe, expect, test } from "bun:test";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { echo, RawClient, serve, talk, whole } from "../../../test/support/raw-http.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { parseHost } from "./host.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type HttpServerOptions, startHttpServer } from "./server.ts";

const GET = "GET /a HTTP/1.1\r\nHost: d\r\n\r\n";
const BUN = process.execPath;

function start(options: Partial<HttpServerOptions> & Pick<HttpServerOptions, "hosts">) {
  return startHttpServer({ handler: echo, limits: DEFAULT_LIMITS, onError: () => {}, ...options });
}

describe("hosts", () => {
  test.each([
    ["unix:///run/a.sock", { kind: "unix", path: "/run/a.sock" }],
    ["tcp://127.0.0.1:2376", { kind: "tcp", address: "127.0.0.1", port: 2376 }],
    ["tcp://[::1]:2376", { kind: "tcp", address: "::1", port: 2376 }],
    ["fd://", { kind: "fd", fd: 3 }],
    ["fd://5", { kind: "fd", fd: 5 }],
  ])("%s is understood", (text, host) => {
    expect(parseHost(text)).toEqual(host as ReturnType<typeof parseHost>);
  });

  test.each([
    ["", "want unix:///path"],
    ["/run/a.sock", "want unix:///path"],
    ["http://x", "want unix:///path"],
    ["unix://a.sock", "must be absolute"],
    ["tcp://127.0.0.1", "want tcp://address:port"],
    ["tcp://127.0.0.1:99999", "want tcp://address:port"],
    ["fd://x", "want fd://"],
    [`unix:///${"x".repeat(107)}`, "the path has 108 bytes, a socket's may have 107"],
  ])("%s is refused: %s", (text, reason) => {
    expect(() => parseHost(text)).toThrow(reason);
  });
});

describe("a unix socket", () => {
  test("is for root and the group alone", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "s");
    const server = await start({ hosts: [`unix://${path}`], gid: 4321 });

    const { mode, gid } = statSync(path);
    expect([mode & 0o777, gid]).toEqual([0o660, 4321]);
    await server.close(0);
  });

  test("may have the longest path there is", async () => {
    using directory = new TemporaryDirectory();
    const path = `${directory.path}/`.padEnd(107, "x");
    const server = await start({ hosts: [`unix://${path}`] });
    expect(await talk(path, GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))).toContain(
      "200",
    );
    await server.close(0);
  });

  test("goes away with its server", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "s");
    const server = await start({ hosts: [`unix://${path}`] });
    await server.close(0);
    expect(existsSync(path)).toBe(false);
  });

  test("that a killed process left is replaced", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "s");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 9))`;
    await Bun.spawn([BUN, "-e", script]).exited;
    expect(existsSync(path)).toBe(true);

    const server = await start({ hosts: [`unix://${path}`] });
    await server.close(0);
  });

  test("that answers is left to its owner", async () => {
    await using other = await serve(echo);
    await expect(start({ hosts: [`unix://${other.path}`] })).rejects.toMatchObject({
      kind: "conflict",
      message: `Cannot listen on "unix://${other.path}": another daemon listens there`,
    });
    using client = await RawClient.connect(other.path);
    client.send(GET);
    await client.until("GET /a");
  });

  test("does not replace a file", async () => {
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "s");
    writeFileSync(path, "precious");
    await expect(start({ hosts: [`unix://${path}`] })).rejects.toThrow("is not a socket");
    expect(statSync(path).size).toBe(8);
  });
});

test("all hosts are listened on, or none", async () => {
  using directory = new TemporaryDirectory();
  const [one, two] = [join(directory.path, "1"), join(directory.path, "2")];

  await expect(start({ hosts: [`unix://${one}`, "unix:///nowhere/s"] })).rejects.toThrow("ENOENT");
  await expect(RawClient.connect(one)).rejects.toThrow();

  const server = await start({ hosts: [`unix://${one}`, `unix://${two}`] });
  for (const path of [one, two]) {
    using client = await RawClient.connect(path);
    client.send(GET);
    await client.until("GET /a");
  }
  await server.close(0);
});

test("a listening socket that was handed over is served", async () => {
  using directory = new TemporaryDirectory();
  const path = join(directory.path, "s");
  const owner = createServer();
  await new Promise<void>((resolve) => owner.listen(path, resolve));
  const { fd } = (owner as unknown as { _handle: { fd: number } })._handle;

  const script = `
    import { startHttpServer } from ${JSON.stringify(join(import.meta.dir, "server.ts"))};
    import { DEFAULT_LIMITS } from ${JSON.stringify(join(import.meta.dir, "limits.ts"))};
    await startHttpServer({ hosts: ["fd://"], limits: DEFAULT_LIMITS, onError() {},
      handler: async () => ({ kind: "whole", status: 200, headers: {}, body: "from fd 3" }) });
    console.log("ready");`;
  const child = Bun.spawn([BUN, "-e", script], { stdio: ["ignore", "pipe", "inherit", fd] });
  await child.stdout.getReader().read();
  owner.removeAllListeners("connection");

  let text = "";
  while (!text.includes("from fd 3")) {
    using client = await RawClient.connect(path);
    client.send(GET);
    text = await Promise.race([client.until("from fd 3"), Bun.sleep(100).then(() => "")]);
  }
  child.kill();
  await child.exited;
  owner.close();
});

describe("close()", () => {
  test("ends idle connections, lets a reply finish, and takes no more clients", async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await using server = await serve(async (request) => {
      asked.resolve();
      await go.promise;
      return echo(request);
    });
    using idle = await RawClient.connect(server.path);
    using busy = await RawClient.connect(server.path);
    busy.send(GET);
    await asked.promise;
    await waitUntil("both connections are there", () => server.server.connections === 2);

    const closing = server.server.close(5000);
    expect(await idle.end()).toBe("");
    await expect(RawClient.connect(server.path)).rejects.toThrow();
    go.resolve();
    expect(await busy.end()).toContain("Connection: close");
    busy.socket.end();
    await closing;
  });

  test("ends at once what would not end by itself", async () => {
    await using server = await serve(async ({ target, signal }) => {
      if (target === "/hijack") {
        const serve = () => new Promise<void>(() => {});
        return { kind: "hijack", status: 200, reason: "OK", headers: {}, serve };
      }
      const stream = (async function* () {
        yield "one";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield "last";
      })();
      return { kind: "stream", status: 200, headers: {}, stream };
    });
    using taken = await RawClient.connect(server.path);
    taken.send(GET.replace("/a", "/hijack"));
    await taken.until("\r\n\r\n");
    using waiting = await RawClient.connect(server.path);
    waiting.send(GET);
    await waiting.until("one");

    const closing = server.server.close(60_000);
    expect(await waiting.end()).toEndWith("4\r\nlast\r\n0\r\n\r\n");
    waiting.socket.end();
    await taken.end();
    await closing;
  });

  test("does not wait longer than its limit", async () => {
    await using server = await serve(() => new Promise(() => {}));
    using busy = await RawClient.connect(server.path);
    busy.send(GET);
    await waitUntil("the connection is there", () => server.server.connections === 1);
    await server.server.close(20);
    await busy.end();
  });
});

test("what a client sends never ends the server, nor stays behind", async () => {
  await using server = await serve(echo, { lingerMs: 20 });
  const words = [
    ...["GET ", "POST ", "/ ", "HTTP/1.1", "HTTP/1.0", "\r\n", "\r\n\r\n", "\n", "\r", ":", " "],
    ...["Host: d\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"],
    ...[
      "0\r\n\r\n",
      "Expect: 100-continue\r\n",
      "Connection: close\r\n",
      "\0",
      "\xff\xfe",
      "a".repeat(3000),
    ],
    "GET /ok HTTP/1.1\r\nHost: d\r\n\r\n",
    "POST /ok HTTP/1.1\r\nHost: d\r\nContent-Length: 2\r\n\r\nhi",
  ];
  let seed = 42;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor((seed / 2147483648) * below);
  };

  async function bother(): Promise<void> {
    const client = await RawClient.connect(server.path);
    for (let count = random(12); count >= 0; count--) {
      client.send(words[random(words.length)] ?? "");
      if (random(3) === 0) await new Promise(setImmediate);
    }
    if (random(2) === 0) client.socket.end();
    else client.socket.destroy();
    if (!client.socket.destroyed) await Promise.race([client.end(), Bun.sleep(200)]);
    client.socket.destroy();
  }
  for (let round = 0; round < 40; round++) await Promise.all(Array.from({ length: 25 }, bother));

  await waitUntil("every connection has ended", () => server.server.connections === 0);
  expect(server.errors).toEqual([]);
  using client = await RawClient.connect(server.path);
  client.send(GET);
  await client.until("GET /a");
});

test("hundreds of clients at once are served", async () => {
  await using server = await serve(async () => whole(200, "OK"));
  const clients = await Promise.all(
    Array.from({ length: 500 }, () => RawClient.connect(server.path)),
  );
  for (const client of clients) client.send(GET);
  await Promise.all(clients.map((client) => client.until("OK")));
  for (const client of clients) client.socket.destroy();
  await waitUntil("every connection has ended", () => server.server.connections === 0);
});
