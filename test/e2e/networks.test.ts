// A daemon whose host is a network namespace: what networks give their containers.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { ADDRESSES, NetworkUser } from "../support/network-user.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let user: NetworkUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

describe("addresses", () => {
  test("are given in turn, and not again at once", async () => {
    await user.createSubnet("turn", "10.1.0.0/24");
    const boxes: string[] = [];
    for (let count = 0; count < 3; count += 1) boxes.push(await user.runBox({ network: "turn" }));
    const [first = "", ...others] = boxes;
    const addresses = await Promise.all(boxes.map((box) => user.endpointOf(box, "turn")));
    expect(addresses.map(({ IPAddress }) => IPAddress)).toEqual([
      "10.1.0.2",
      "10.1.0.3",
      "10.1.0.4",
    ]);
    await user.stop(first);
    expect(await user.endpointOf(first, "turn")).toMatchObject({ IPAddress: "", EndpointID: "" });
    await user.start(first);
    expect(await user.endpointOf(first, "turn")).toMatchObject({
      IPAddress: "10.1.0.5",
      MacAddress: "02:42:0a:01:00:05",
      Gateway: "10.1.0.1",
      IPPrefixLen: 24,
    });
    expect(await user.shell(first, ADDRESSES)).toBe("eth0 10.1.0.5/24");
    await user.removeBoxes(first, ...others);
    await user.removeNetwork("turn");
  });

  test("of one's choice stay over a restart, and are refused to others", async () => {
    await user.createSubnet("own", "10.1.1.0/24");
    const asked = {
      own: { IPAMConfig: { IPv4Address: "10.1.1.77" }, MacAddress: "02-AA-00-00-00-77" },
    };
    const box = await user.runBox({ network: "own", endpoints: asked });
    const expected = { IPAddress: "10.1.1.77", MacAddress: "02:aa:00:00:00:77" };
    expect(await user.endpointOf(box, "own")).toMatchObject(expected);
    expect(await user.shell(box, "cat /sys/class/net/eth0/address")).toBe("02:aa:00:00:00:77");
    await user.stop(box);
    await user.start(box);
    expect(await user.endpointOf(box, "own")).toMatchObject(expected);
    const other = await user.box({
      network: "own",
      endpoints: { own: { IPAMConfig: { IPv4Address: "10.1.1.77" } } },
    });
    const refused = await user.ask("POST", `/containers/${other}/start`);
    expect([refused.status, refused.message]).toEqual([
      409,
      expect.stringContaining("Address already in use"),
    ]);
    await user.removeBoxes(box);
    await user.start(other);
    await user.removeBoxes(other);
    await user.removeNetwork("own");
  });

  test("come from the range alone, past the gateway and what else is taken, until none is left", async () => {
    const pool = {
      Subnet: "10.1.2.0/24",
      IPRange: "10.1.2.8/30",
      Gateway: "10.1.2.9",
      AuxiliaryAddresses: { router: "10.1.2.10" },
    };
    await user.createNetwork("range", { IPAM: { Config: [pool] } });
    expect((await user.network("range")).IPAM.Config).toEqual([pool]);
    const boxes = [
      await user.runBox({ network: "range" }),
      await user.runBox({ network: "range" }),
    ];
    const given = await Promise.all(boxes.map((box) => user.endpointOf(box, "range")));
    expect(given.map(({ IPAddress }) => IPAddress)).toEqual(["10.1.2.8", "10.1.2.11"]);
    expect(await user.shell(boxes[0] ?? "", "ip route | grep default")).toContain("via 10.1.2.9 ");
    const third = await user.box({ network: "range" });
    const full = await user.ask("POST", `/containers/${third}/start`);
    expect(full.message).toContain("no available IPv4 addresses on this network's address pools");
    const outside = { range: { IPAMConfig: { IPv4Address: "10.1.2.200" } } };
    const beside = await user.runBox({ network: "range", endpoints: outside });
    await user.removeBoxes(boxes[0] ?? "");
    await user.start(third);
    expect(await user.endpointOf(third, "range")).toMatchObject({ IPAddress: "10.1.2.8" });
    await user.removeBoxes(boxes[1] ?? "", third, beside);
    await user.removeNetwork("range");
  });

  test("are of both families on a dual network, and of one on one with IPv6 alone", async () => {
    const dual = [{ Subnet: "10.1.3.0/24" }, { Subnet: "fd01:3::/64" }];
    await user.createNetwork("dual", { EnableIPv6: true, IPAM: { Config: dual } });
    await user.createNetwork("six", { EnableIPv4: false, EnableIPv6: true });
    const [{ Subnet: subnet }] = (await user.network("six")).IPAM.Config;
    expect(subnet).toStartWith("fd");
    const box = await user.runBox({ network: "dual" });
    const six = await user.runBox({ network: "six" });
    expect(await user.shell(box, ADDRESSES)).toBe(
      ["eth0 10.1.3.2/24", "eth0 fd01:3::2/64", "eth0 fe80::42:aff:fe01:302/64"].join("\n"),
    );
    expect(await user.shell(box, "ip -6 route | grep default")).toContain("via fd01:3::1 ");
    expect(await user.shell(box, "ping -6 -c 1 -W 10 fd01:3::1 >/dev/null && echo there")).toBe(
      "there",
    );
    expect(await user.shell(six, "ip -o -4 addr | grep -vc ' lo '")).toBe("1: 0");
    expect(await user.endpointOf(six, "six")).toMatchObject({
      IPAddress: "",
      GlobalIPv6Address: subnet.replace("::/64", "::2"),
      IPv6Gateway: subnet.replace("::/64", "::1"),
    });
    const asked = { dual: { IPAMConfig: { IPv6Address: "fd01:3::77" } } };
    const chosen = await user.runBox({ network: "dual", endpoints: asked });
    expect(await user.endpointOf(chosen, "dual")).toMatchObject({
      IPAddress: "10.1.3.3",
      GlobalIPv6Address: "fd01:3::77",
    });
    await user.removeBoxes(box, six, chosen);
    await user.removeNetwork("dual", "six");
  });

  test("come from a second pool when the first is used up", async () => {
    const pools = [{ Subnet: "10.1.4.0/30" }, { Subnet: "10.1.4.8/30" }];
    await user.createNetwork("two", { IPAM: { Config: pools } });
    const boxes = [await user.runBox({ network: "two" }), await user.runBox({ network: "two" })];
    const given = await Promise.all(boxes.map((box) => user.endpointOf(box, "two")));
    expect(given.map(({ IPAddress, Gateway }) => [IPAddress, Gateway])).toEqual([
      ["10.1.4.2", "10.1.4.1"],
      ["10.1.4.10", "10.1.4.9"],
    ]);
    expect(await user.shell(boxes[1] ?? "", "ping -c 1 -W 10 10.1.4.2 >/dev/null; echo $?")).toBe(
      "0",
    );
    await user.removeBoxes(...boxes);
    await user.removeNetwork("two");
  });

  test("cannot come from a subnet that has none for containers", async () => {
    for (const subnet of ["10.1.5.0/32", "10.1.5.0/31", "fd01:5::/128"]) {
      const body = { Name: "tiny", EnableIPv6: true, IPAM: { Config: [{ Subnet: subnet }] } };
      const { status, message } = await user.ask("POST", "/networks/create", body);
      expect([subnet, status, message]).toEqual([subnet, 400, expect.stringContaining(subnet)]);
    }
  });

  test("reserved for something else cannot be the gateway's too", async () => {
    const pool = { Subnet: "10.1.6.0/24", AuxiliaryAddresses: { router: "10.1.6.1" } };
    const body = { Name: "twice", IPAM: { Config: [pool] } };
    const { status, message } = await user.ask("POST", "/networks/create", body);
    expect([status, message]).toEqual([400, expect.stringContaining("router")]);
  });
});

describe("what a network's options do", () => {
  test("MTU, names of links and sysctls reach the container", async () => {
    await user.createSubnet("opts", "10.3.1.0/24", {
      Options: {
        "com.docker.network.driver.mtu": "1400",
        "com.docker.network.container_iface_prefix": "net",
        "com.docker.network.bridge.name": "own-bridge",
      },
    });
    const driverOptions = {
      "com.docker.network.endpoint.sysctls":
        "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.forwarding=0",
    };
    const box = await user.runBox({
      network: "opts",
      endpoints: { opts: { DriverOpts: driverOptions } },
    });
    expect(await user.shell(box, "cat /sys/class/net/net0/mtu")).toBe("1400");
    expect(await user.shell(box, "cat /proc/sys/net/ipv4/conf/net0/log_martians")).toBe("1");
    expect(user.host.exec("ip", "link", "show", "own-bridge")).toContain("mtu 1400");
    const named = { "com.docker.network.endpoint.ifname": "wan1" };
    await user.createSubnet("second", "10.3.2.0/24");
    await user.connect("second", box, { DriverOpts: named });
    expect(await user.shell(box, ADDRESSES)).toBe("net0 10.3.1.2/24\nwan1 10.3.2.2/24");
    const taken = { Container: box, EndpointConfig: { DriverOpts: named } };
    await user.createSubnet("third", "10.3.3.0/24");
    const refused = await user.ask("POST", "/networks/third/connect", taken);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.status).toBeLessThan(500);
    expect(await user.shell(box, ADDRESSES)).toBe("net0 10.3.1.2/24\nwan1 10.3.2.2/24");
    expect((await user.network("third")).Containers).toEqual({});
    await user.removeBoxes(box);
    await user.removeNetwork("opts", "second", "third");
  });

  test("a link's usual name is not one that another link was asked to have", async () => {
    await user.createSubnet("first", "10.3.4.0/24");
    await user.createSubnet("second", "10.3.5.0/24");
    const named = { DriverOpts: { "com.docker.network.endpoint.ifname": "eth1" } };
    const box = await user.runBox({ network: "first", endpoints: { first: named, second: {} } });
    expect((await user.shell(box, ADDRESSES)).split("\n").length).toBe(2);
    expect(await user.shell(box, ADDRESSES)).toContain("eth1 10.3.4.2/24");
    await user.removeBoxes(box);
    await user.removeNetwork("first", "second");
  });

  test("an internal network has no way out; one with icc off none between its containers", async () => {
    await user.createSubnet("inner", "10.3.6.0/24", { Internal: true });
    await user.createSubnet("strangers", "10.3.7.0/24", {
      Options: { "com.docker.network.bridge.enable_icc": "false" },
    });
    await user.createSubnet("open", "10.3.8.0/24");
    const inner = await user.runBox({ name: "inner1", network: "inner" });
    const fellow = await user.runBox({ name: "inner2", network: "inner" });
    const one = await user.runBox({ name: "stranger1", network: "strangers" });
    const two = await user.runBox({ name: "stranger2", network: "strangers" });
    const open = await user.runBox({ name: "open1", network: "open" });
    const ping = (from: string, to: string, seconds: number) =>
      user.shell(from, `ping -c 1 -W ${seconds} ${to} >/dev/null 2>&1; echo $?`);
    expect(await user.shell(inner, "ip route | grep -c default")).toBe("1: 0");
    expect(await ping(inner, "inner2", 10)).toBe("0");
    expect(await ping(open, "10.3.6.2", 1)).toBe("1");
    expect(await ping(one, "stranger2", 1)).toBe("1");
    expect(await ping(one, "10.3.7.1", 10)).toBe("0");
    expect(await ping(open, "10.3.7.2", 1)).toBe("1");
    await user.removeBoxes(inner, fellow, one, two, open);
    await user.removeNetwork("inner", "strangers", "open");
  });

  test("gateway modes decide about the bridge's address, and inhibit_ipv4 too", async () => {
    const mode = "com.docker.network.bridge.gateway_mode_ipv4";
    await user.createSubnet("isolated", "10.3.9.0/24", {
      Internal: true,
      Options: { [mode]: "isolated" },
    });
    await user.createSubnet("bare", "10.3.10.0/24", {
      Options: { "com.docker.network.bridge.inhibit_ipv4": "true" },
    });
    const addresses = user.host.exec("ip", "-4", "-o", "addr");
    expect(addresses).not.toContain("10.3.9.");
    expect(addresses).not.toContain("10.3.10.");
    await user.removeNetwork("isolated", "bare");
  });
});
