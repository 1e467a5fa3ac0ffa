import { expect, test } from "bun:test";
import { dataOf, encodeQuery } from "../../../test/support/dns-client.ts";
import { DnsUpstream } from "../../../test/support/dns-upstream.ts";
import { makeDnsWorld, makeForwarder, makeZone } from "../../../test/support/dns-world.ts";
import { type Random, randomFrom } from "../../../test/support/random.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

const zone = makeZone({ web: { ipv4: ["172.18.0.2"] } });

/** A message that was one before some of its bytes were changed, cut off or added. */
function spoil(message: Buffer, random: Random): Buffer {
  const spoilt = Buffer.concat([
    message.subarray(0, random.below(message.length + 1)),
    Buffer.alloc(random.pick([0, 0, 1, 20, 400]), random.below(256)),
  ]);
  for (let change = random.below(8); change > 0 && spoilt.length > 0; change--) {
    spoilt[random.below(spoilt.length)] = random.below(256);
  }
  return spoilt;
}

test("whatever a container sends over UDP, the server goes on", async () => {
  using world = makeDnsWorld(zone);
  const random = randomFrom(11);
  for (let round = 0; round < 50; round++) {
    for (let count = 0; count < 100; count++) {
      world.client.send(spoil(encodeQuery({ name: "web.mynet" }, 60_000), random));
    }
    expect(dataOf(await world.client.ask({ name: "web" }))).toEqual(["172.18.0.2"]);
  }
});

test("whatever a container sends over TCP, the server goes on", async () => {
  using world = makeDnsWorld(zone);
  const random = randomFrom(12);
  for (let round = 0; round < 50; round++) {
    const spoilt = Array.from({ length: 20 }, () =>
      frameOf(spoil(encodeQuery({ name: "web.mynet" }, 60_000), random)),
    );
    // The last one comes whole if those before it did; the stream itself is spoilt every other time.
    const last = frameOf(encodeQuery({ name: "web" }, 1));
    const all = Buffer.concat([...spoilt, last]);
    const sent = round % 2 === 0 ? all : spoil(all, random);
    await world.client.exchangeOverTcp(sent, round % 2).catch(() => undefined);
  }
  const [answer] = await world.client.askOverTcp({ name: "web" });
  expect(dataOf(answer ?? {})).toEqual(["172.18.0.2"]);
});

test("connections that say nothing do not keep others out for good", async () => {
  using world = makeDnsWorld(zone);
  const idle = await Promise.all(
    Array.from({ length: 80 }, () =>
      world.container.run(() =>
        Bun.connect({ hostname: "127.0.0.11", port: 53, socket: { data: () => undefined } }),
      ),
    ),
  );
  expect(dataOf(await world.client.ask({ name: "web" }))).toEqual(["172.18.0.2"]);
  for (const socket of idle) socket.terminate();

  const [answer] = await world.client.askOverTcp({ name: "web" });
  expect(dataOf(answer ?? {})).toEqual(["172.18.0.2"]);
});

test("a client that asks much over TCP and reads nothing is let go", async () => {
  using world = makeDnsWorld(makeZone({ many: { ipv4: Array(4000).fill("172.18.0.2") } }));
  const frame = frameOf(encodeQuery({ name: "many" }, 1));
  const closed = Promise.withResolvers<void>();
  const socket = await world.container.run(() =>
    Bun.connect({
      hostname: "127.0.0.11",
      port: 53,
      socket: { data: () => undefined, close: () => closed.resolve() },
    }),
  );
  socket.pause();
  socket.write(Buffer.concat(Array<Buffer>(1000).fill(frame)));

  await waitForServerToClose(world);
  socket.terminate();
  await closed.promise;
  expect((await world.client.ask({ name: "many" })).flag_tc).toBe(true);
});

async function waitForServerToClose({ container }: ReturnType<typeof makeDnsWorld>): Promise<void> {
  const own = () => container.exec("ss", "-Htn", "state", "established", "src", "127.0.0.11");
  await waitUntil("the server has hung up", () => own() === "");
}

test("whatever a server answers, the next one is asked", async () => {
  const random = randomFrom(13);
  const whole = encodeQuery({ name: "www.example", type: "response", flags: 0x180 }, 0);
  using directory = new TemporaryDirectory();
  const resolvConf = `${directory.path}/resolv.conf`;
  await Bun.write(resolvConf, "nameserver 127.0.0.2\nnameserver 127.0.0.3\n");
  using liar = new DnsUpstream({ hostname: "127.0.0.2" }, ({ id = 0 }) => {
    const answer = spoil(whole, random);
    // Mostly with the right id, else nothing of it would be looked at.
    if (answer.length > 1 && random.below(4) > 0) answer.writeUInt16BE(id);
    return answer;
  });
  const { port } = liar;
  using _honest = new DnsUpstream({ hostname: "127.0.0.3", port }, () => ({ flags: 0x183 }));
  const forwarder = makeForwarder({ resolvConf, port, timeoutMs: 5 });
  using world = makeDnsWorld(zone, { forwarder });

  for (let round = 0; round < 50; round++) {
    await world.client.askBytes(encodeQuery({ name: "www.example" }, round));
    await world.client.exchangeOverTcp(frameOf(encodeQuery({ name: "www.example" }, round)), 1);
  }
  // Over TCP a slow machine may give the liar up before the connection is there.
  expect(liar.queries.length).toBeGreaterThanOrEqual(50);
});

function frameOf(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
}
