import { expect, test } from "bun:test";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { FairUdpSocket } from "./fair-udp-socket.ts";

const LOCALHOST = "127.0.0.1";
/** A turn, and what Bun had already taken from the kernel when it ended. */
const MOST_A_TURN = 64 + 64;

interface Client extends AsyncDisposable {
  readonly received: number;
  send(bytes: Buffer): void;
}

async function openClient(port: number): Promise<Client> {
  let received = 0;
  const socket = await Bun.udpSocket({
    connect: { hostname: LOCALHOST, port },
    socket: { data: () => void received++, error: () => undefined },
  });
  return {
    get received() {
      return received;
    },
    send: (bytes) => void socket.send(bytes),
    [Symbol.asyncDispose]: async () => socket.close(),
  };
}

test("of many datagrams at once all are answered, also those of the pauses", async () => {
  using server = new FairUdpSocket(LOCALHOST, (bytes, port, address) =>
    server.send(bytes, port, address),
  );
  await using client = await openClient(server.port);

  for (let round = 1; round <= 20; round++) {
    for (let count = 0; count < 150; count++) client.send(Buffer.from("hello"));
    await waitUntil("all are answered", () => client.received === round * 150);
  }
});

test("whoever floods does not keep the event loop", async () => {
  let inTurn = 0;
  let most = 0;
  let isOver = false;
  using server = new FairUdpSocket(LOCALHOST, (bytes, port, address) => {
    inTurn += 1;
    most = Math.max(most, inTurn);
    server.send(bytes, port, address);
  });
  const next = () => {
    inTurn = 0;
    if (!isOver) setImmediate(next);
  };
  next();
  const flood = `
    const socket = await Bun.udpSocket({ connect: { hostname: "${LOCALHOST}", port: ${server.port} } });
    const many = Array(64).fill("flood");
    for (let round = 0; round < 3000; round++) socket.sendMany(many);
    socket.close();
  `;

  const child = Bun.spawn([process.execPath, "-e", flood], { stderr: "inherit" });
  expect(await child.exited).toBe(0);
  isOver = true;

  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MOST_A_TURN);
  await using client = await openClient(server.port);
  await waitUntil("it answers others", () => {
    // What is left of the flood may leave no room for the first ones.
    client.send(Buffer.from("still there?"));
    return client.received > 0;
  });
});

test("it can be closed in the middle of a pause", async () => {
  const stopped = Promise.withResolvers<void>();
  let count = 0;
  const server = new FairUdpSocket(LOCALHOST, () => {
    count += 1;
    if (count === 64) server[Symbol.dispose]();
    if (count === 64) stopped.resolve();
  });
  await using client = await openClient(server.port);
  for (let sent = 0; sent < 200; sent++) client.send(Buffer.from("hello"));

  await stopped.promise;
  server.send(Buffer.from("late"), 9, LOCALHOST);
  server[Symbol.dispose]();

  const again = new FairUdpSocket(LOCALHOST, () => undefined);
  expect(again.port).toBeGreaterThan(0);
  again[Symbol.dispose]();
});

test("an answer to a client that has gone disturbs no other", async () => {
  const questions: { port: number; address: string }[] = [];
  using server = new FairUdpSocket(LOCALHOST, (_bytes, port, address) => {
    questions.push({ port, address });
  });
  await using client = await openClient(server.port);
  client.send(Buffer.from("hello"));
  const gone = await openClient(server.port);
  gone.send(Buffer.from("hello"));
  await waitUntil("both have asked", () => questions.length === 2);
  await gone[Symbol.asyncDispose]();

  for (let round = 0; round < 3; round++) {
    for (const { port, address } of questions.toReversed()) {
      server.send(Buffer.from("answer"), port, address);
    }
  }
  server.send(Buffer.from("nowhere"), 0, LOCALHOST);

  await waitUntil("the other one has its answers", () => client.received === 3);
});
