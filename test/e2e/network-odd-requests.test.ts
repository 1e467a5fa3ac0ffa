// Bodies that no client sends: each has an answer that says what is wrong with it.

import { afterAll, beforeAll, expect } from "bun:test";
import { NetworkUser } from "../support/network-user.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let user: NetworkUser;
let box: string;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
  await user.createSubnet("net", "10.1.0.0/24");
  await user.createSubnet("six", "fd01::/64", { EnableIPv4: false, EnableIPv6: true });
  box = await user.runBox({ name: "box" });
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

const SEED = 11;
const COUNT = 400;

const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, "", " ", "\0", "x", "net", "bridge", "host", "none"],
  ...["10.1.0.9", "10.1.0.0", "10.1.0.255", "0.0.0.0", "255.255.255.255", "10.1.0", "010.1.0.9"],
  ...["::", "::1", "fd01::9", "fe80::1%eth0", "::ffff:10.1.0.9", "10.1.0.0/24", "10.1.0.9/24"],
  ...["0.0.0.0/0", "::/0", "fd01::/64", "10.9.0.0/16", "224.0.0.0/4", "127.0.0.0/8", "fe80::/64"],
  ...["02:42:00:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "../../etc", "a".repeat(5000)],
  ...["ünï", "a\nb", "$(reboot)", "%s", "__proto__", "9999999999999999999", "eth0", "lo", "true"],
  ...[[], [null], ["x"], [[]], {}, { x: 1 }, { "": "" }, { __proto__: null, a: null }],
];

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  create: ["Name", "Driver", "EnableIPv4", "EnableIPv6", "IPAM", "Internal", "Options", "Labels"],
  IPAM: ["Driver", "Config", "Options"],
  Config: ["Subnet", "IPRange", "Gateway", "AuxiliaryAddresses"],
  Options: [
    "com.docker.network.bridge.name",
    "com.docker.network.bridge.enable_icc",
    "com.docker.network.bridge.gateway_mode_ipv4",
    "com.docker.network.bridge.host_binding_ipv4",
    "com.docker.network.driver.mtu",
    "com.docker.network.container_iface_prefix",
    "com.docker.network.host_ipv4",
    "parent",
  ],
  connect: ["Container", "EndpointConfig"],
  EndpointConfig: ["IPAMConfig", "Links", "Aliases", "MacAddress", "DriverOpts", "GwPriority"],
  IPAMConfig: ["IPv4Address", "IPv6Address", "LinkLocalIPs"],
  DriverOpts: ["com.docker.network.endpoint.ifname", "com.docker.network.endpoint.sysctls"],
  disconnect: ["Container", "Force"],
};

/** A value for a field: mostly of the right shape, with something odd at its leaves. */
function anyValue(random: Random, field: string): unknown {
  const fields = FIELDS[field];
  if (fields === undefined || random.below(8) === 0) {
    if (field === "Container" && random.below(4) > 0) return "box";
    return random.pick(ODD);
  }
  const chosen = fields.filter(() => random.below(3) > 0);
  const value = Object.fromEntries(chosen.map((name) => [name, anyValue(random, name)]));
  return field === "Config" ? [value] : value;
}

test("odd bodies of create, connect and disconnect are taken or refused, and nothing breaks", async () => {
  const random = randomFrom(SEED);
  for (let count = 0; count < COUNT; count += 1) {
    const action = random.pick(["create", "connect", "disconnect"]);
    const network = random.pick(["net", "net", "six", "bridge"]);
    const path = action === "create" ? "/networks/create" : `/networks/${network}/${action}`;
    const body = anyValue(random, action);
    const { status, message } = await user.ask("POST", path, JSON.stringify(body) ?? "null");
    const isAnswered = status < 400 || (message !== "" && (status < 500 || status === 501));
    if (!isAnswered) throw new Error(`${path} ${JSON.stringify(body)}: ${status} ${message}`);
  }
  for (const network of ["net", "six"]) {
    await user.ask("POST", `/networks/${network}/disconnect`, { Container: box });
  }
  await user.connect("net", box);
  expect(await user.shell(box, "ping -c 1 -W 10 10.1.0.1 >/dev/null; echo $?")).toBe("0");
  await user.json("POST", `/networks/prune`);
});

/** A container whose endpoint, or ports, or both, are odd. */
function anyContainer(random: Random): object {
  const network = random.pick(["net", "six", "bridge", "none", "host", "nope"]);
  const NetworkMode = random.below(8) === 0 ? random.pick(ODD) : network;
  const binding = {
    HostIp: random.pick(["", "127.0.0.1", random.pick(ODD)]),
    HostPort: random.pick(["", "0", random.pick(ODD)]),
  };
  const PortBindings = random.pick<object>([
    {},
    { "80/tcp": [{ HostIp: "", HostPort: "" }] },
    { "80/tcp": [binding], "80/udp": [binding] },
    { [JSON.stringify(random.pick(ODD))]: random.pick(ODD) },
  ]);
  const odd = random.pick(ODD);
  const endpoint = random.pick([
    {},
    { Aliases: [odd], Links: [odd] },
    { MacAddress: odd },
    { GwPriority: odd },
    { IPAMConfig: { IPv4Address: odd } },
    { IPAMConfig: { IPv6Address: odd } },
    { IPAMConfig: { LinkLocalIPs: [odd, odd] } },
    { DriverOpts: { "com.docker.network.endpoint.ifname": odd } },
    {
      DriverOpts: {
        "com.docker.network.endpoint.sysctls": `net.ipv4.conf.IFNAME.rp_filter=${JSON.stringify(odd)}`,
      },
    },
    anyValue(random, "EndpointConfig"),
  ]);
  return {
    Image: "busybox",
    Cmd: ["true"],
    HostConfig: { NetworkMode, PortBindings },
    NetworkingConfig: { EndpointsConfig: { [network]: endpoint } },
  };
}

test("odd endpoints and ports of a new container are taken or refused, and it starts or says why not", async () => {
  const random = randomFrom(SEED);
  for (let count = 0; count < COUNT / 4; count += 1) {
    const body = anyContainer(random);
    const create = await user.ask("POST", "/containers/create", body);
    const told = `${JSON.stringify(body)}: ${create.status} ${create.message}`;
    if (create.status >= 500) throw new Error(told);
    if (create.status !== 201) continue;
    const { Id } = JSON.parse(create.text);
    const { status, message } = await user.ask("POST", `/containers/${Id}/start`);
    if (status >= 500) throw new Error(`${told}, then ${status} ${message}`);
    await user.removeBoxes(Id);
  }
});

const FILTERS = ["name", "id", "driver", "label", "scope", "type", "dangling", "nope", "until"];

test("odd values of filters are taken or refused", async () => {
  for (const key of FILTERS) {
    for (const value of ODD) {
      const filters = encodeURIComponent(JSON.stringify({ [key]: [value] }));
      const list = await user.ask("GET", `/networks?filters=${filters}`);
      const prune = await user.ask("POST", `/networks/prune?filters=${filters}`);
      for (const { status, message } of [list, prune]) {
        if (status >= 500) throw new Error(`${key}=${JSON.stringify(value)}: ${message}`);
      }
    }
  }
});
