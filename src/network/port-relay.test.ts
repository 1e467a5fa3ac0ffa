import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Socket } from "bun";
import {
  ask,
  askInVain,
  askOnce,
  HOST,
  makeFirewallWorld,
  network,
  OUTSIDE,
  port6,
  SERVER_PORT,
  serveTcp,
} from "../../test/support/firewall-world.ts";
import type { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { waitUntil } from "../../test/support/wait-until.ts";
import type { PublishedPort } from "./published-port.ts";

const SCRIPT = join(import.meta.dir, "../../test/support/publish-ports.ts");
const FROM_IPV4 = { address: "10.1.0.2" } as const;
const LONG_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** A daemon's firewall with its relay, in the world's host. */
async function publish(host: NetworkNamespace, ports: readonly PublishedPort[]) {
  const setting = JSON.stringify({ networks: [network(1)], ports });
  const child = Bun.spawn(["nsenter", `--net=${host.path}`, process.execPath, SCRIPT, setting], {
    stdin: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  expect(Buffer.from(value ?? []).toString()).toBe("ready\n");
  return {
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child.exited;
    },
  };
}

test("a container without IPv6 is reached over IPv6, from outside, the host and containers", async () => {
  using world = makeFirewallWorld();
  const server = world.connect(1, 2);
  using _ = serveTcp(server, "0.0.0.0");
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);

  for (const client of [world.outside, world.host, server]) {
    expect(await ask(client, HOST.ipv6)).toBe("10.1.0.1");
  }
  expect(await ask(world.host, "::1")).toBe("10.1.0.1");
});

test("[::1] leads to a container with IPv6, while others reach it without the relay", async () => {
  using world = makeFirewallWorld();
  using _ = serveTcp(world.connect(1, 2), "fd00:1::2");
  await using __ = await publish(world.host, [port6()]);

  expect(await ask(world.host, "::1")).toBe("fd00:1::1");
  expect(await ask(world.outside, HOST.ipv6)).toBe(OUTSIDE.ipv6);
});

test("a port of one address is relayed from there only", async () => {
  using world = makeFirewallWorld();
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  await using __ = await publish(world.host, [
    port6({ ...FROM_IPV4, hostAddress: "::1" }),
    port6({ ...FROM_IPV4, hostAddress: HOST.ipv6, hostPort: 8081 }),
  ]);

  expect(await ask(world.host, "::1")).toBe("10.1.0.1");
  expect(await askInVain(world.outside, HOST.ipv6)).toBe("");
  expect(await ask(world.outside, HOST.ipv6, { port: 8081 })).toBe("10.1.0.1");
  expect(await askInVain(world.host, "::1", { port: 8081 })).toBe("");
});

test("who comes to the relay's own port is turned away", async () => {
  using world = makeFirewallWorld();
  using _ = serveTcp(world.connect(1, 2), "0.0.0.0");
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);
  const [, relayPort] = /redirect to :(\d+)/.exec(world.list()) ?? [];

  expect(Number(relayPort)).toBeGreaterThan(0);
  expect(await askInVain(world.outside, HOST.ipv6, { port: Number(relayPort) })).toBe("");
  expect(await askInVain(world.outside, HOST.ipv4, { port: Number(relayPort) })).toBe("");
});

test("a container that refuses is heard", async () => {
  using world = makeFirewallWorld();
  world.connect(1, 2);
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);

  expect(await askOnce(world.host, "::1")).toMatchObject({ said: "", isLate: false });
});

test("what the client says comes whole, and the answer after it has said all", async () => {
  using world = makeFirewallWorld();
  using _ = serve(world.connect(1, 2), { when: "end" });
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);
  await using client = connectLate(world.host, LONG_BYTES);

  client.read();

  expect(await client.received).toBe(LONG_BYTES);
});

test("a client that does not read holds the server up, not the daemon's memory", async () => {
  using world = makeFirewallWorld();
  using server = serve(world.connect(1, 2), { when: "open", bytes: 8 * LONG_BYTES });
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);
  await using client = connectLate(world.host, 0);
  await untilHeldUp(server);

  expect(server.sent()).toBeLessThan(6 * LONG_BYTES);
  client.read();

  expect(await client.received).toBe(8 * LONG_BYTES);
});

test("a client that sends to a server that is gone, without reading what that said, is not held up", async () => {
  using world = makeFirewallWorld();
  using server = serve(world.connect(1, 2), { when: "open", bytes: 8 * LONG_BYTES });
  await using __ = await publish(world.host, [port6(FROM_IPV4)]);
  await using client = startClient(
    world.host,
    `process.stdin.once("data", () => socket.end(Buffer.alloc(${4 * LONG_BYTES})));
    socket.on("finish", () => console.log("sent"));`,
  );
  await untilHeldUp(server);

  client.goOn();

  expect(await client.firstLine).toBe("sent\n");
});

async function untilHeldUp(server: { sent(): number }): Promise<void> {
  let last = -1;
  await waitUntil("the server is held up", async () => {
    const before = last;
    last = server.sent();
    await Bun.sleep(100);
    return last > 0 && last === before;
  });
}

/**
 * Sends so many bytes at once, and hangs up when anything is said to it; or sends as many as it got once
 * the client has said all. Then it ends.
 */
function serve(
  namespace: NetworkNamespace,
  { when, bytes = 0 }: { when: "open" | "end"; bytes?: number },
) {
  let sent = 0;
  let left = bytes;
  const pour = (socket: Socket) => {
    while (left > 0) {
      const written = socket.write(new Uint8Array(Math.min(left, CHUNK_BYTES)));
      sent += written;
      left -= written;
      if (written < CHUNK_BYTES) break;
    }
    if (left === 0 && sent > 0) socket.end();
  };
  const listener = namespace.run(() =>
    Bun.listen({
      hostname: "0.0.0.0",
      port: SERVER_PORT,
      allowHalfOpen: true,
      socket: {
        open: (socket) => {
          if (when === "open") pour(socket);
        },
        data: (socket, part) => {
          if (when === "end") left += part.length;
          else socket.terminate();
        },
        end: (socket) => {
          if (when === "end") pour(socket);
        },
        drain: (socket) => {
          if (sent > 0) pour(socket);
        },
      },
    }),
  );
  return { sent: () => sent, [Symbol.dispose]: () => listener.stop(true) };
}

/** A client of [::1] that sends so many bytes and ends, and reads once it is told to. */
function connectLate(namespace: NetworkNamespace, bytes: number) {
  const { goOn, firstLine, ...client } = startClient(
    namespace,
    `if (${bytes} > 0) socket.end(Buffer.alloc(${bytes}));
    let received = 0;
    socket.on("data", (part) => { received += part.length; }).pause();
    socket.on("end", () => { socket.end(); console.log(received); });
    process.stdin.once("data", () => socket.resume());`,
  );
  return { ...client, read: goOn, received: firstLine.then(Number) };
}

/** A script with a `socket` that is connected to [::1], and paused. goOn() says something to its stdin. */
function startClient(namespace: NetworkNamespace, script: string) {
  const frame = `
    const socket = require("node:net").connect({ host: "::1", port: 8080, allowHalfOpen: true });
    socket.pause();
    process.stdin.on("end", () => process.exit());
    ${script}`;
  const child = Bun.spawn(["nsenter", `--net=${namespace.path}`, process.execPath, "-e", frame], {
    stdin: "pipe",
    stderr: "inherit",
  });
  const first = child.stdout.getReader().read();
  return {
    goOn: () => {
      child.stdin.write("go on");
      child.stdin.flush();
    },
    firstLine: first.then(({ value }) => Buffer.from(value ?? []).toString()),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child.exited;
    },
  };
}
