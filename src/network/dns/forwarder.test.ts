import { expect, jest, test } from "bun:test";
import { encode, type Packet } from "dns-packet";
import { type Asked, dataOf } from "../../../test/support/dns-client.ts";
import { type Answering, addressAnswer, DnsUpstream } from "../../../test/support/dns-upstream.ts";
import { makeDnsWorld, makeForwarder, makeZone } from "../../../test/support/dns-world.ts";
import { stopTimers } from "../../../test/support/stop-timers.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

const EDNS: Pick<Packet, "additionals"> = {
  additionals: [{ type: "OPT", name: ".", udpPayloadSize: 4096, flags: 0, options: [] }] as never,
};
const NAME = "www.example";

/** How long a server is waited for. The clock stands still, so this passes when a test says so. */
const TIMEOUT_MS = 2000;

/** Servers on the host's loopback, from 127.0.0.2 on, all at one port, and a container that uses them. */
function makeForwardingWorld(...answerings: readonly (Answering | "absent")[]) {
  const undo = new DisposableStack();
  undo.use(stopTimers());
  const directory = undo.use(new TemporaryDirectory());
  const resolvConf = `${directory.path}/resolv.conf`;
  const first = undo.use(new DnsUpstream({ hostname: "127.0.0.1" }));
  const { port } = first;
  const upstreams = answerings.map((answering, index) =>
    answering === "absent"
      ? undefined
      : undo.use(new DnsUpstream({ hostname: `127.0.0.${index + 2}`, port }, answering)),
  );
  const write = (...hosts: readonly string[]) =>
    Bun.write(resolvConf, hosts.map((host) => `nameserver ${host}\n`).join(""));
  const forwarder = makeForwarder({ resolvConf, port, timeoutMs: TIMEOUT_MS });
  const world = undo.use(makeDnsWorld(makeZone({ web: {} }), { forwarder }));
  return {
    ...world,
    forwarder,
    upstreams,
    first,
    write,
    ready: write(...answerings.map((_, index) => `127.0.0.${index + 2}`)),
    [Symbol.dispose]: () => undo.dispose(),
  };
}

async function ask(world: ReturnType<typeof makeForwardingWorld>, asked: Asked = { name: NAME }) {
  await world.ready;
  return world.client.ask(asked);
}

const silent: Answering = () => undefined;
const slow: Answering = () => {
  jest.advanceTimersByTime(TIMEOUT_MS);
  return undefined;
};
const failing: Answering = () => ({ flags: 0x182 });
const refusing: Answering = () => ({ flags: 0x185 });
const headOnly: Answering = ({ id = 0 }) => encode({ type: "response", id, flags: 0x185 });
const good = addressAnswer("192.0.2.1");

test.each([
  ["answers", [good]],
  ["comes after one that is silent", [slow, good]],
  ["comes after one that is not there", ["absent", good]],
  ["comes after one that fails", [failing, good]],
  ["comes after one that refuses", [refusing, good]],
  ["comes after one that refuses without repeating the question", [headOnly, good]],
  ["is the third", [slow, failing, good]],
] as const)("the first server that knows is believed: it %s", async (_how, answerings) => {
  using world = makeForwardingWorld(...answerings);

  for (const answer of [
    await ask(world),
    ...(await world.client.askOverTcp({ name: NAME, recordType: "A" })),
  ]) {
    expect(answer).toMatchObject({ rcode: "NOERROR", flag_ra: true });
    expect(dataOf(answer)).toEqual(["192.0.2.1"]);
  }
});

test.each([
  ["none is there", ["absent"]],
  ["none answers", [slow, slow]],
  ["all fail", [failing, refusing]],
  ["only a fourth one would", [failing, failing, failing, good]],
] as const)("it is a failure where %s", async (_what, answerings) => {
  using world = makeForwardingWorld(...answerings);

  expect((await ask(world)).rcode).toBe("SERVFAIL");
  const [answer] = await world.client.askOverTcp({ name: NAME });
  expect(answer?.rcode).toBe("SERVFAIL");
});

test("that a name is not there is an answer, and no other server is asked", async () => {
  using world = makeForwardingWorld(() => ({ flags: 0x183 }), good);

  expect((await ask(world)).rcode).toBe("NXDOMAIN");
  expect(world.upstreams[1]?.queries).toEqual([]);
});

test("what the zone knows is asked of nobody, whatever the type", async () => {
  using world = makeForwardingWorld(good);

  for (const recordType of ["A", "AAAA", "MX", "TXT"] as const) {
    const answer = await ask(world, { name: "web", recordType });
    expect(answer).toMatchObject({ rcode: "NOERROR", answers: [] });
  }
  expect(world.upstreams[0]?.queries).toEqual([]);
});

test("the query goes on as it came but for its id, EDNS included", async () => {
  using world = makeForwardingWorld(good);

  await ask(world, { name: "WwW.Example", recordType: "TXT", ...EDNS });
  await ask(world, { name: "WwW.Example", recordType: "TXT", ...EDNS });

  const [one, two] = world.upstreams[0]?.queries ?? [];
  expect(one).toMatchObject({
    flags: 0x100,
    questions: [{ name: "WwW.Example", type: "TXT" }],
    additionals: [{ type: "OPT", udpPayloadSize: 4096 }],
  });
  expect(two?.id).not.toBe(one?.id);
});

test("an answer that is cut stays so, and is whole over TCP", async () => {
  using world = makeForwardingWorld((_query, transport) =>
    transport === "udp"
      ? { flags: 0x380 }
      : { answers: Array(100).fill({ type: "A", name: NAME, data: "192.0.2.1", ttl: 1 }) },
  );

  expect(await ask(world)).toMatchObject({ flag_tc: true, answers: [] });
  const [whole] = await world.client.askOverTcp({ name: NAME });
  expect(whole?.answers).toHaveLength(100);
});

test("an answer that is larger than the client takes is cut here", async () => {
  using world = makeForwardingWorld(() => ({
    answers: Array(100).fill({ type: "A", name: NAME, data: "192.0.2.1", ttl: 1 }),
  }));

  const cut = await ask(world);
  const whole = await ask(world, { name: NAME, ...EDNS });

  expect(cut).toMatchObject({ flag_tc: true, rcode: "NOERROR", answers: [] });
  expect(cut.sizeBytes).toBeLessThanOrEqual(512);
  expect(whole).toMatchObject({ flag_tc: false });
  expect(whole.answers).toHaveLength(100);
});

test.each<[string, Answering]>([
  ["another id", ({ id = 0, questions = [] }) => ({ id: id ^ 1, questions })],
  ["another name", () => ({ questions: [{ name: "evil.example", type: "A", class: "IN" }] })],
  ["another type", () => ({ questions: [{ name: NAME, type: "AAAA", class: "IN" }] })],
  ["no question and no failure", () => ({ questions: [] })],
  ["a query", ({ id = 0, questions = [] }) => encode({ type: "query", id, questions })],
  ["half a head", ({ id = 0 }) => Buffer.from([id >> 8, id & 255, 0x81])],
  ["nothing", () => Buffer.alloc(0)],
])("what comes from the server with %s is no answer", async (_what, wrong) => {
  using world = makeForwardingWorld((query) =>
    [wrong, good].flatMap((answering) => answering(query, "udp") ?? []),
  );

  expect(dataOf(await ask(world))).toEqual(["192.0.2.1"]);
});

test("the host's resolvers are read again when they change", async () => {
  using world = makeForwardingWorld(good, addressAnswer("192.0.2.2"));
  expect(dataOf(await ask(world))).toEqual(["192.0.2.1"]);

  await world.write("127.0.0.3");

  expect(dataOf(await ask(world))).toEqual(["192.0.2.2"]);
});

test("servers of a container's own are asked from there, also on its loopback", async () => {
  using world = makeForwardingWorld(good);
  const { port } = world.first;
  using inside = world.container.run(
    () => new DnsUpstream({ hostname: "127.0.0.2", port }, addressAnswer("192.0.2.9")),
  );
  world.server.setForwarding({ forwarder: world.forwarder, servers: ["127.0.0.2"] });

  expect(dataOf(await ask(world))).toEqual(["192.0.2.9"]);
  const [answer] = await world.client.askOverTcp({ name: NAME });
  expect(dataOf(answer ?? {})).toEqual(["192.0.2.9"]);
  expect(inside.queries).toHaveLength(2);
});

test("a name without a dot is forwarded, unless the client has search domains to try", async () => {
  using world = makeForwardingWorld(good);
  expect(dataOf(await ask(world, { name: "alone" }))).toEqual(["192.0.2.1"]);

  world.server.setForwarding({ forwarder: world.forwarder, forwardsSingleLabels: false });

  expect(await ask(world, { name: "alone" })).toMatchObject({ rcode: "NOERROR", answers: [] });
  expect(dataOf(await ask(world, { name: "alone", recordType: "TXT" }))).toHaveLength(1);
  expect(dataOf(await ask(world))).toEqual(["192.0.2.1"]);
});

test("a network that becomes internal forwards nothing any more", async () => {
  using world = makeForwardingWorld(good);
  world.server.setForwarding(undefined);

  expect((await ask(world)).rcode).toBe("SERVFAIL");
  expect(world.upstreams[0]?.queries).toEqual([]);
});

test("of many queries at once, 1024 are on their way and the others are dropped", async () => {
  using world = makeForwardingWorld(silent);
  await world.ready;
  const names = [...Array<string>(2000).fill(NAME), "web"];
  const asked = names.map((name, id) =>
    encode({ type: "query", id, questions: [{ name, type: "A" }] }),
  );

  // What the zone knows is answered at once, when all before it have come.
  const [answer] = await world.client.exchangeOverTcp(
    Buffer.concat(asked.flatMap((message) => [Buffer.from([0, message.length]), message])),
    1,
  );

  expect(answer?.readUInt16BE(2)).toBe(2000);
  const queries = world.upstreams[0]?.queries ?? [];
  await waitUntil("those on their way are asked", () => queries.length >= 1024);
  expect(queries).toHaveLength(1024);
  expect(dataOf(await ask(world, { name: "web" }))).toEqual([]);
});

test("a server that is closed waits for nobody, and answers nobody", async () => {
  using world = makeForwardingWorld(silent);
  await world.ready;
  world.client.send(encode({ type: "query", id: 1, questions: [{ name: NAME, type: "A" }] }));
  await world.client.ask({ name: "web" });

  world.server[Symbol.dispose]();

  expect(world.container.exec("ss", "-lnHut")).toBe("");
});
