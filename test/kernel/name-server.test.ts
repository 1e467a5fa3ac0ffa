import { expect, test } from "bun:test";
import { NameServer } from "../../src/network/dns/name-server.ts";
import { NetworkNamespace } from "../support/network-namespace.ts";

// The rules and sockets of a name server, with nothing but bytes: packages are not on all kernels.

const QUERY = Buffer.from("0007010000010000000000000377656200000100 01".replace(" ", ""), "hex");
const ANSWER = Buffer.from(
  "0007818000010001000000000377656200000100" + "01c00c000100010000025800040a000002",
  "hex",
);
const PLACE = { hostname: "127.0.0.11", port: 53 } as const;

function openWorld() {
  const undo = new DisposableStack();
  const container = undo.use(new NetworkNamespace());
  const zone = {
    lookup: (name: string) => (name === "web" ? { ipv4: ["10.0.0.2"], ipv6: [] } : undefined),
    reverse: () => undefined,
  };
  undo.use(NameServer.open({ namespaceFd: container.fd, zone }));
  return { container, [Symbol.dispose]: () => undo.dispose() };
}

async function askOverUdp(container: NetworkNamespace): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = await container.run(() =>
    Bun.udpSocket({
      connect: PLACE,
      socket: { data: (_socket, bytes) => resolve(Buffer.from(bytes)) },
    }),
  );
  socket.send(QUERY);
  return promise.finally(() => socket.close());
}

async function askOverTcp(container: NetworkNamespace): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = await container.run(() =>
    Bun.connect({
      ...PLACE,
      socket: {
        open: (opened) => void opened.write(Buffer.concat([Buffer.from([0, QUERY.length]), QUERY])),
        data: (_socket, bytes) => resolve(Buffer.from(bytes)),
      },
    }),
  );
  return promise.finally(() => socket.terminate());
}

test("a name server answers at port 53 of its container, over UDP and TCP", async () => {
  using world = openWorld();

  expect(await askOverUdp(world.container)).toEqual(ANSWER);
  expect(await askOverTcp(world.container)).toEqual(
    Buffer.concat([Buffer.from([0, ANSWER.length]), ANSWER]),
  );
});

test("port 53 of a container with a name server is free for its own", async () => {
  using world = openWorld();
  const any = { hostname: "0.0.0.0", port: 53, socket: { data: () => undefined } } as const;

  const udp = await world.container.run(() => Bun.udpSocket(any));
  const tcp = world.container.run(() => Bun.listen(any));

  expect(await askOverUdp(world.container)).toEqual(ANSWER);
  expect(await askOverTcp(world.container)).toHaveLength(2 + ANSWER.length);
  udp.close();
  tcp.stop(true);
});

test("many queries at once are all answered, with pauses between", async () => {
  using world = openWorld();

  const answers = await Promise.all(Array.from({ length: 300 }, () => askOverUdp(world.container)));

  expect(answers.every((answer) => answer.equals(ANSWER))).toBe(true);
});
