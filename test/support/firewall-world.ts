import { existsSync, writeFileSync } from "node:fs";
import { RouteSocket } from "../../src/linux/rtnetlink.ts";
import { moveLink, setBridgePort } from "../../src/linux/rtnetlink-link.ts";
import { Firewall } from "../../src/network/firewall.ts";
import type { FirewallNetwork } from "../../src/network/firewall-network.ts";
import type { PublishedPort } from "../../src/network/published-port.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import { waitUntil } from "./wait-until.ts";

/** Another machine's addresses. */
export const OUTSIDE = { ipv4: "192.0.2.9", ipv6: "2001:db8::9" } as const;
/** The host's addresses on the way to it. */
export const HOST = { ipv4: "192.0.2.1", ipv6: "2001:db8::1" } as const;
/** Where the servers of these tests listen. */
export const SERVER_PORT = 7000;

const FILTER_SWITCHES = [
  "/proc/sys/net/bridge/bridge-nf-call-iptables",
  "/proc/sys/net/bridge/bridge-nf-call-ip6tables",
];

/** Whether the kernel has br_netfilter. */
export const CAN_FILTER_BRIDGES = FILTER_SWITCHES.every((file) => existsSync(file));

/** A network on `br<number>`: 10.<number>.0.0/16 and fd00:<number>::/64. */
export function network(number: number, changes: Partial<FirewallNetwork> = {}): FirewallNetwork {
  return {
    bridge: `br${number}`,
    subnets: [`10.${number}.0.0/16`, `fd00:${number}::/64`],
    masquerade: { ipv4: true, ipv6: true },
    internal: false,
    icc: true,
    gatewayMode: { ipv4: "nat", ipv6: "nat" },
    ...changes,
  };
}

/** The server's port of 10.1.0.2, by port 8080 of the host. */
export function port(changes: Partial<PublishedPort> = {}): PublishedPort {
  return {
    protocol: "tcp",
    hostAddress: "0.0.0.0",
    hostPort: 8080,
    bridge: "br1",
    address: "10.1.0.2",
    port: SERVER_PORT,
    ...changes,
  };
}

/** As port(), over IPv6. */
export function port6(changes: Partial<PublishedPort> = {}): PublishedPort {
  return port({ hostAddress: "::", address: "fd00:1::2", ...changes });
}

/** A host with a firewall, the bridges br1 and br2, and another machine that has routes to both. */
export function makeFirewallWorld() {
  const undo = new DisposableStack();
  const host = undo.use(new NetworkNamespace());
  const outside = undo.use(new NetworkNamespace());
  const firewall = undo.use(host.run(() => new Firewall("sampan0")));
  const routes = undo.use(host.run(() => new RouteSocket()));
  runIp(host, ["link set lo up", "link add wan type veth peer name wire"]);
  routes.send(moveLink({ name: "wire" }, outside.fd));
  runIp(host, [
    `address add ${HOST.ipv4}/24 dev wan`,
    `address add ${HOST.ipv6}/64 dev wan nodad`,
    "link set wan up",
    ...[1, 2].flatMap((number) => [
      `link add br${number} type bridge`,
      `address add 10.${number}.0.1/16 dev br${number}`,
      `address add fd00:${number}::1/64 dev br${number} nodad`,
      `link set br${number} up`,
    ]),
  ]);
  runIp(outside, [
    "link set lo up",
    `address add ${OUTSIDE.ipv4}/24 dev wire`,
    `address add ${OUTSIDE.ipv6}/64 dev wire nodad`,
    "link set wire up",
    `route add 10.0.0.0/8 via ${HOST.ipv4}`,
    `route add fd00::/16 via ${HOST.ipv6}`,
  ]);
  host.run(() => firewall.ensure());
  return {
    host,
    outside,
    firewall,
    /** Adds networks; see network(). */
    add: (...networks: readonly FirewallNetwork[]) => {
      host.run(() => {
        for (const added of networks) firewall.addNetwork(added);
      });
    },
    publish: (...ports: readonly PublishedPort[]) => host.run(() => firewall.publish(ports)),
    /** A container's namespace on br<network>, with the addresses that end in this number. */
    connect: (net: number, number: number) => undo.use(connect({ host, routes }, net, number)),
    nft: (...words: readonly string[]) => host.exec("nft", ...words),
    /** What nft(8) shows, with the protocols' numbers: not every machine has their names. */
    list: () => host.exec("nft", "-p", "list", "ruleset").replaceAll(/packets \d+ bytes \d+/g, ""),
    [Symbol.dispose]: () => undo.dispose(),
  };
}

/** Sets whether packets between ports of a bridge pass the firewall, as they do beside a dockerd. */
export function filterBridges(host: NetworkNamespace, value: boolean): void {
  if (!CAN_FILTER_BRIDGES) return;
  host.run(() => {
    for (const file of FILTER_SWITCHES) writeFileSync(file, value ? "1" : "0");
  });
}

/** A server that answers each connection with the address it came from. */
export function serveTcp(namespace: NetworkNamespace, hostname: string, port = SERVER_PORT) {
  return namespace.run(() =>
    Bun.listen({
      hostname,
      port,
      socket: { open: (socket) => void socket.end(socket.remoteAddress), data: () => {} },
    }),
  );
}

/** As serveTcp(), for datagrams; with a name it answers that. */
export async function serveUdp(namespace: NetworkNamespace, hostname: string, name?: string) {
  const socket = await namespace.run(() =>
    Bun.udpSocket({
      hostname,
      port: SERVER_PORT,
      socket: {
        data: (...[server, , port, address]) => void server.send(name ?? address, port, address),
      },
    }),
  );
  return { [Symbol.dispose]: () => socket.close() };
}

/** A client that sends all its datagrams from one port to port 8080. */
export async function openClient(namespace: NetworkNamespace, hostname: string) {
  const answers: string[] = [];
  const socket = await namespace.run(() =>
    Bun.udpSocket({
      socket: {
        data: (_, bytes) => void answers.push(bytes.toString()),
        // What is refused is sent again.
        error: () => {},
      },
    }),
  );
  const send = () => {
    try {
      socket.send("x", 8080, hostname);
    } catch {
      // Bun tells here that the one before was refused.
    }
  };
  return {
    send,
    /** Sends on until the last answer says this. */
    hear: (wanted: string) =>
      waitUntil(`"${wanted}" answers`, () => {
        send();
        return answers.at(-1) === wanted;
      }),
    [Symbol.asyncDispose]: async () => socket.close(),
  };
}

/** How a client goes about it. */
interface Question {
  readonly port?: number;
  readonly protocol?: "tcp" | "udp";
}

/**
 * What a server says to a client in the namespace, which has long, since IPv6 begins slowly. It asks
 * again only where the kernel found no neighbour at the address in the seconds that it takes for that.
 */
export async function ask(from: NetworkNamespace, address: string, question: Question = {}) {
  let attempt: Attempt | undefined;
  await waitUntil(`there is a way to ${address}`, async () => {
    attempt = await askOnce(from, address, { ...question, limit: "10" });
    return !attempt.isUnreachable;
  });
  return attempt?.said ?? "";
}

/** As ask(), where no answer is awaited. */
export async function askInVain(
  from: NetworkNamespace,
  address: string,
  question: Question = {},
): Promise<string> {
  return (await askOnce(from, address, { ...question, limit: "0.4" })).said;
}

/** How an attempt to get an answer went. */
interface Attempt {
  readonly said: string;
  /** It had neither an answer nor an end when its time was over. */
  readonly isLate: boolean;
  /** EHOSTUNREACH */
  readonly isUnreachable: boolean;
}

/** timeout(1) */
const TIMED_OUT = 124;

/** Asks for so many seconds at most. */
export async function askOnce(
  from: NetworkNamespace,
  address: string,
  { port = 8080, protocol = "tcp", limit = "60" }: Question & { readonly limit?: string } = {},
): Promise<Attempt> {
  const script =
    protocol === "tcp"
      ? `exec 3<>/dev/tcp/${address}/${port} && cat <&3`
      : `exec 3<>/dev/udp/${address}/${port} && echo -n x >&3 && dd bs=100 count=1 status=none <&3`;
  const client = Bun.spawn(
    ["nsenter", `--net=${from.path}`, "timeout", limit, "bash", "-c", script],
    { stderr: "pipe", env: { ...process.env, LC_ALL: "C" } },
  );
  const [said, complaint] = await Promise.all([client.stdout.text(), client.stderr.text()]);
  return {
    said,
    isLate: (await client.exited) === TIMED_OUT,
    isUnreachable: complaint.includes("No route to host"),
  };
}

function connect(
  { host, routes }: { host: NetworkNamespace; routes: RouteSocket },
  net: number,
  number: number,
): NetworkNamespace {
  const container = new NetworkNamespace();
  const name = `v${net}x${number}`;
  runIp(host, [
    `link add ${name} type veth peer name eth0${name}`,
    `link set ${name} master br${net} up`,
  ]);
  routes.send(setBridgePort({ name }, { hairpin: true, isolated: false }));
  routes.send(moveLink({ name: `eth0${name}` }, container.fd));
  runIp(container, [
    "link set lo up",
    `address add 10.${net}.0.${number}/16 dev eth0${name}`,
    `address add fd00:${net}::${number}/64 dev eth0${name} nodad`,
    `link set eth0${name} up`,
    `route add default via 10.${net}.0.1`,
    `route add default via fd00:${net}::1`,
  ]);
  return container;
}

/** All in one process. */
function runIp(namespace: NetworkNamespace, commands: readonly string[]): void {
  const child = Bun.spawnSync(["nsenter", `--net=${namespace.path}`, "ip", "-batch", "-"], {
    stdin: Buffer.from(commands.join("\n")),
  });
  if (child.exitCode !== 0) throw new Error(`ip: ${child.stderr}`);
}
