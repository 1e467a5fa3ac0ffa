import { expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { testIf } from "../../test/support/test-if.ts";
import { holdPort } from "../linux/inet-socket.ts";
import { type PortRequest, PortReservations } from "./port-reservations.ts";

const LOCAL_RANGE = { first: 40000, last: 40003 };
const BOTH = ["0.0.0.0", "::"];

function makeGround() {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  host.exec("ip", "link", "set", "lo", "up");
  const reservations = undo.use(new PortReservations(() => LOCAL_RANGE));
  return {
    host,
    reservations,
    reserve: (changes: Partial<PortRequest> = {}) =>
      host.run(() => reservations.reserve({ ...request(), ...changes })),
    [Symbol.dispose]: () => undo.dispose(),
  };
}

function request(): PortRequest {
  return {
    protocol: "tcp",
    addresses: ["0.0.0.0"],
    range: { first: 8080, last: 8080 },
    target: "172.17.0.2:80",
  };
}

function listen(host: NetworkNamespace, hostname: string, port: number) {
  return host.run(() => Bun.listen({ hostname, port, socket: { data: () => {} } }));
}

test("a port that another program has is refused with Docker's text", () => {
  using ground = makeGround();
  const server = listen(ground.host, "127.0.0.1", 8080);

  expect(() => ground.reserve()).toThrow(
    "failed to bind host port for 0.0.0.0:8080:172.17.0.2:80/tcp: address already in use",
  );
  server.stop();
  expect(ground.reserve().hostPort).toBe(8080);
});

test("a port that another container has is refused with Docker's text, until it is released", () => {
  using ground = makeGround();
  const held = ground.reserve({ addresses: ["127.0.0.1"] });

  expect(() => ground.reserve()).toThrow("Bind for 0.0.0.0:8080 failed: port is already allocated");
  held.release();
  held.release();
  expect(ground.reserve().hostPort).toBe(8080);
});

test("another program does not get a port that is held", () => {
  using ground = makeGround();
  ground.reserve({ addresses: BOTH });

  expect(() => listen(ground.host, "0.0.0.0", 8080)).toThrow("Failed to listen");
  expect(() => listen(ground.host, "127.0.0.1", 8080)).toThrow("Failed to listen");
  expect(() => listen(ground.host, "::1", 8080)).toThrow("Failed to listen");
});

test("a held port refuses connections that no rule leads elsewhere", async () => {
  using ground = makeGround();
  ground.reserve();

  const client = ground.host.tryExec("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080");
  expect(client.stderr).toContain("refused");
});

test("connections that are over do not keep a port from containers", async () => {
  using ground = makeGround();
  const server = ground.host.run(() =>
    Bun.listen({
      hostname: "127.0.0.1",
      port: 8080,
      socket: { open: (socket) => void socket.end("x"), data: () => {} },
    }),
  );
  const client = Bun.spawn(
    ["nsenter", `--net=${ground.host.path}`, "bash", "-c", "cat <>/dev/tcp/127.0.0.1/8080"],
    { stdout: "pipe" },
  );
  expect(await client.stdout.text()).toBe("x");
  server.stop(true);
  expect(ground.host.exec("ss", "-Htan", "sport", "=", "8080")).toContain("TIME-WAIT");

  ground.reserve();

  expect(() => listen(ground.host, "127.0.0.1", 8080)).toThrow("Failed to listen");
});

test("single addresses, protocols and families have the same port side by side", () => {
  using ground = makeGround();
  ground.host.exec("ip", "address", "add", "127.0.0.2/8", "dev", "lo");

  for (const addresses of [["127.0.0.1"], ["127.0.0.2"], ["::1"]]) ground.reserve({ addresses });
  ground.reserve({ protocol: "udp", addresses: ["0.0.0.0"] });
  ground.reserve({ protocol: "udp", addresses: ["::"] });

  expect(() => ground.reserve({ addresses: ["::"] })).toThrow(
    "Bind for [::]:8080 failed: port is already allocated",
  );
});

test("a range gives its first free port, and says when there is none", () => {
  using ground = makeGround();
  const range = { first: 8080, last: 8082 };
  using _ = listen(ground.host, "0.0.0.0", 8081);

  expect([1, 2].map(() => ground.reserve({ range }).hostPort)).toEqual([8080, 8082]);
  expect(() => ground.reserve({ range })).toThrow("all ports are allocated");
});

test("ports that nobody chose go on from the last one given, in turn", () => {
  using ground = makeGround();
  const { range: _, ...any } = request();
  const take = () => ground.host.run(() => ground.reservations.reserve(any));

  const first = take();
  expect([first.hostPort, take().hostPort]).toEqual([40000, 40001]);
  first.release();
  expect([take().hostPort, take().hostPort, take().hostPort]).toEqual([40002, 40003, 40000]);
  expect(take).toThrow("all ports are allocated");
});

test("the port of the last time comes first, where it is free and still asked for", () => {
  using ground = makeGround();
  const range = { first: 8080, last: 8089 };

  expect(ground.reserve({ range, wish: 8085 }).hostPort).toBe(8085);
  expect(ground.reserve({ range, wish: 8085 }).hostPort).toBe(8080);
  expect(ground.reserve({ range, wish: 9999 }).hostPort).toBe(8081);
});

test("both families get the same port, which one socket holds", () => {
  using ground = makeGround();
  using _ = listen(ground.host, "::1", 8080);
  const before = listSockets();

  const held = ground.reserve({ addresses: BOTH, range: { first: 8080, last: 8081 } });

  expect(held.hostPort).toBe(8081);
  expect(countNew(before)).toBe(1);
  held.release();
  expect(countNew(before)).toBe(0);
});

test("an address that the host has not is refused at once, and nothing stays held", () => {
  using ground = makeGround();
  const before = listSockets();

  expect(() => ground.reserve({ addresses: ["127.0.0.1", "192.0.2.1"] })).toThrow(
    "failed to bind host port for 127.0.0.1:8080:172.17.0.2:80/tcp: cannot assign requested address",
  );
  expect(countNew(before)).toBe(0);
});

test("a thousand ports are held at once, and let go", () => {
  using ground = makeGround();
  const before = listSockets();
  const started = performance.now();

  for (let port = 10_000; port < 11_000; port++) {
    ground.reserve({ addresses: BOTH, range: { first: port, last: port } });
  }

  process.stderr.write(`1000 ports held in ${(performance.now() - started).toFixed(1)} ms\n`);
  expect(countNew(before)).toBe(1000);
  ground.reservations[Symbol.dispose]();
  expect(countNew(before)).toBe(0);
});

testIf(!hasSctp(), "a kernel without SCTP")("SCTP is refused where the kernel has none", () => {
  using ground = makeGround();

  expect(() => ground.reserve({ protocol: "sctp" })).toThrow("this kernel has no SCTP");
});

testIf(hasSctp(), "a kernel with SCTP")("SCTP ports are held", () => {
  using ground = makeGround();

  expect(ground.reserve({ protocol: "sctp" }).hostPort).toBe(8080);
});

function hasSctp(): boolean {
  using host = new NetworkNamespace();
  try {
    host
      .run(() => holdPort({ protocol: "sctp", address: "0.0.0.0", port: 8080 }))
      [Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

/** The sockets that this process has, by their inodes. */
function listSockets(): ReadonlySet<string> {
  const links = readdirSync("/proc/self/fd").map(readDescriptor);
  return new Set(links.filter((link) => link.startsWith("socket:")));
}

function countNew(before: ReadonlySet<string>): number {
  return listSockets().difference(before).size;
}

function readDescriptor(number: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${number}`);
  } catch {
    // The directory's own descriptor is closed by now.
    return "";
  }
}
