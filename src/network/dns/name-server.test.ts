import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { DnsClient, dataOf } from "../../../test/support/dns-client.ts";
import { makeDnsWorld, makeZone } from "../../../test/support/dns-world.ts";
import { NetworkNamespace } from "../../../test/support/network-namespace.ts";
import { mustRun } from "../../../test/support/run-program.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { openNamespace } from "../../linux/namespace.ts";
import { NameServer } from "./name-server.ts";

const zone = makeZone(
  {
    web: { ipv4: ["172.18.0.2"] },
    "web.mynet": { ipv4: ["172.18.0.2"] },
    six: { ipv6: ["fd12::2"] },
    both: { ipv4: ["172.18.0.3"], ipv6: ["fd12::3"] },
    many: { ipv4: Array.from({ length: 200 }, (_, index) => `172.18.1.${index}`) },
    few: { ipv4: ["172.18.0.4", "172.18.0.5", "172.18.0.6"] },
  },
  { "172.18.0.2": "web.mynet", "fd12::2": "six.mynet", "172.18.0.9": `${"x".repeat(64)}.mynet` },
);
const POINTER_V6 = "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.1.d.f.ip6.arpa";

test.each([
  ["web", "A", ["172.18.0.2"]],
  ["WEB.MyNet.", "A", ["172.18.0.2"]],
  ["web", "AAAA", []],
  ["web", "MX", []],
  ["six", "AAAA", ["fd12::2"]],
  ["six", "A", []],
  ["both", "A", ["172.18.0.3"]],
  ["both", "AAAA", ["fd12::3"]],
  ["2.0.18.172.in-addr.arpa", "PTR", ["web.mynet"]],
  [POINTER_V6, "PTR", ["six.mynet"]],
] as const)("%s %s is answered by the zone alone", async (name, recordType, data) => {
  using world = makeDnsWorld(zone);

  for (const answer of [
    await world.client.ask({ name, recordType }),
    ...(await world.client.askOverTcp({ name, recordType })),
  ]) {
    expect(answer).toMatchObject({ rcode: "NOERROR", flag_ra: true, flag_tc: false });
    expect(dataOf(answer)).toEqual([...data]);
  }
});

test.each([
  ["other", "A"],
  ["other.example", "AAAA"],
  ["9.0.18.172.in-addr.arpa", "PTR"],
  ["1.0.18.172.in-addr.arpa", "PTR"],
] as const)("%s %s is nobody's where nothing is forwarded", async (name, recordType) => {
  using world = makeDnsWorld(zone);

  expect(await world.client.ask({ name, recordType })).toMatchObject({
    rcode: "SERVFAIL",
    questions: [{ name, type: recordType }],
  });
});

test("all addresses of a name are given, in any order", async () => {
  using world = makeDnsWorld(zone);
  const orders = new Set<string>();

  for (let round = 0; round < 100; round++) {
    const data = dataOf(await world.client.ask({ name: "few" }));
    expect(data.toSorted()).toEqual(["172.18.0.4", "172.18.0.5", "172.18.0.6"]);
    orders.add(data.join());
  }
  expect(orders.size).toBe(6);
});

test("an answer that is too large says so over UDP, and is whole over TCP", async () => {
  using world = makeDnsWorld(zone);
  const edns = { type: "OPT", name: ".", udpPayloadSize: 1000, flags: 0, options: [] };

  const plain = await world.client.ask({ name: "many" });
  const extended = await world.client.ask({ name: "many", additionals: [edns] as never });
  const [whole] = await world.client.askOverTcp({ name: "many" });

  expect(plain.flag_tc).toBe(true);
  expect(plain.sizeBytes).toBeLessThanOrEqual(512);
  expect(extended.flag_tc).toBe(true);
  expect(extended.sizeBytes).toBeGreaterThan(900);
  expect(whole?.flag_tc).toBe(false);
  expect(whole?.answers).toHaveLength(200);
});

test("many queries in one piece are all answered over TCP", async () => {
  using world = makeDnsWorld(zone);
  const asked = Array.from({ length: 1000 }, () => ({ name: "web" }));

  const answers = await world.client.askOverTcp(...asked);

  expect(answers.map(({ id }) => id).toSorted((a = 0, b = 0) => a - b)).toEqual([...asked.keys()]);
});

/** Runs a program in the container while this process answers it. */
function runInside({ container }: ReturnType<typeof makeDnsWorld>, ...command: string[]) {
  return mustRun(["nsenter", `--net=${container.path}`, ...command]);
}

test("a container may be a name server at port 53 itself", async () => {
  using world = makeDnsWorld(zone);
  const python = [
    "import socket",
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('0.0.0.0', 53))",
    "t = socket.socket(); t.bind(('0.0.0.0', 53)); t.listen()",
    "c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.sendto(b'own', ('127.0.0.1', 53))",
    "print(s.recv(10).decode())",
    "print(socket.create_connection(('127.0.0.1', 53)).getpeername()[1])",
  ].join("\n");

  expect(await runInside(world, "python3", "-c", python)).toBe("own\n53\n");
});

test("busybox and glibc read the answers", async () => {
  using world = makeDnsWorld(zone);
  using directory = new TemporaryDirectory();
  const file = `${directory.path}/resolv.conf`;
  await Bun.write(file, "nameserver 127.0.0.11\noptions ndots:0\n");
  const glibc = (words: string) =>
    runInside(
      world,
      ...["unshare", "--mount", "sh", "-c"],
      `mount --bind ${file} /etc/resolv.conf && exec getent ${words}`,
    );

  expect(await runInside(world, "busybox", "nslookup", "both", "127.0.0.11")).toMatch(
    /172\.18\.0\.3[\s\S]*fd12::3/,
  );
  expect(await glibc("ahosts web")).toContain("172.18.0.2");
  expect(await glibc("ahosts both")).toMatch(/fd12::3|172\.18\.0\.3/);
  expect(await glibc("hosts 172.18.0.2")).toContain("web.mynet");
  // More than a datagram holds: glibc asks again over TCP.
  expect((await glibc("ahosts many")).match(/STREAM/g)).toHaveLength(200);
});

test("no connection of the container is tracked", async () => {
  using world = makeDnsWorld(zone);
  await world.client.ask({ name: "web" });

  const { stdout } = world.container.tryExec("cat", "/proc/net/nf_conntrack");

  expect(stdout).toBe("");
});

test("it works where the container tracks connections and drops what is new", async () => {
  using world = makeDnsWorld(zone);
  world.container.exec(
    "nft",
    `table ip theirs {
      chain in {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        meta l4proto { tcp, udp } ct original proto-dst 53 accept
      }
    }`,
  );

  expect(dataOf(await world.client.ask({ name: "web" }))).toEqual(["172.18.0.2"]);
  const [answer] = await world.client.askOverTcp({ name: "web" });
  expect(answer?.answers).toHaveLength(1);
});

test("a zone that changes is asked anew for every query", async () => {
  const addresses: string[] = [];
  using world = makeDnsWorld({
    lookup: () => ({ ipv4: addresses, ipv6: [] }),
    reverse: () => undefined,
  });

  expect(dataOf(await world.client.ask({ name: "web" }))).toEqual([]);
  addresses.push("172.18.0.7");
  expect(dataOf(await world.client.ask({ name: "web" }))).toEqual(["172.18.0.7"]);
});

test("another daemon opens it anew in a container that lives, whatever was left there", async () => {
  using world = makeDnsWorld(zone);
  const rules = () => world.container.exec("nft", "list", "table", "ip", "sampan-dns");
  const before = rules();
  world.server[Symbol.dispose]();

  using _second = NameServer.open({ namespaceFd: world.container.fd, zone });
  expect(dataOf(await world.client.ask({ name: "web" }))).toEqual(["172.18.0.2"]);
  expect(rules().split("\n")).toHaveLength(before.split("\n").length);
  expect(rules()).not.toBe(before);
});

test("a container that made something else of the table gets ours", async () => {
  using container = new NetworkNamespace();
  container.exec(
    "nft",
    `table ip sampan-dns {
      chain queries {
        type filter hook input priority 0; policy drop;
      }
      chain more {
        type filter hook output priority 0; policy drop;
      }
    }`,
  );

  using _server = NameServer.open({ namespaceFd: container.fd, zone });
  using client = new DnsClient(container);
  expect(dataOf(await client.ask({ name: "web" }))).toEqual(["172.18.0.2"]);
});

test("it works in a network namespace that belongs to another user namespace", async () => {
  const child = Bun.spawn(["unshare", "--user", "--net", "sh", "-c", "echo; exec cat"], {
    stdin: "pipe",
    stdout: "pipe",
  });
  using undo = new DisposableStack();
  undo.defer(() => child.kill());
  await child.stdout.getReader().read();
  using namespace = openNamespace(child.pid, "network");
  using _server = NameServer.open({ namespaceFd: namespace.number, zone });

  const enter = ["nsenter", `--net=/proc/${child.pid}/ns/net`];
  expect(await mustRun([...enter, "busybox", "nslookup", "web", "127.0.0.11"])).toContain(
    "172.18.0.2",
  );
});

test("nothing stays open when it is closed, or where it cannot be opened", () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  using container = new NetworkNamespace();
  NameServer.open({ namespaceFd: container.fd, zone })[Symbol.dispose]();
  const before = openFiles();

  for (let round = 0; round < 20; round++) {
    NameServer.open({ namespaceFd: container.fd, zone })[Symbol.dispose]();
    expect(() => NameServer.open({ namespaceFd: 0, zone })).toThrow();
  }

  expect(openFiles()).toBeLessThanOrEqual(before + 1);
  expect(container.exec("ss", "-lnHut")).toBe("");
});
