// Ports of containers at a host that is a network namespace.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { at, NetworkUser, serve } from "../support/network-user.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let user: NetworkUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

/** What a client on the host is told at an address and port; nothing where nobody answers. */
const ask = (address: string, port: number | string) => user.askHttp(address, port);

describe("a published port", () => {
  test("answers at all of the host's addresses, of both families, and at the bridge's", async () => {
    const box = await user.runBox({
      host: { PortBindings: { "80/tcp": [at("8080")] } },
      line: serve("box", 80),
    });
    await user.expectHttp("127.0.0.1", 8080, "box");
    for (const address of ["::1", user.daemon.address.replace(/\/.*/, "")]) {
      expect([address, await ask(address, 8080)]).toEqual([address, "box"]);
    }
    expect(await user.portsOf(box)).toEqual({ "80/tcp": ["0.0.0.0:8080", ":::8080"] });
    await user.createSubnet("beyond", "10.5.9.0/24");
    const other = await user.runBox({ network: "beyond" });
    const gateway = user.daemon.address.replace(/\/.*/, "");
    const there = `wget -q -O - http://${gateway}:8080`;
    for (const from of [box, other]) expect(await user.shell(from, there)).toBe("box");
    await user.removeBoxes(other);
    await user.removeNetwork("beyond");
    await user.stop(box);
    expect(await ask("127.0.0.1", 8080)).toBe("");
    await user.start(box);
    await user.expectHttp("127.0.0.1", 8080, "box");
    await user.removeBoxes(box);
    expect(await ask("127.0.0.1", 8080)).toBe("");
  });

  test("is at one address alone, at several, or on one protocol, as asked", async () => {
    user.host.exec("ip", "address", "add", "192.0.2.7/32", "dev", "lo");
    const box = await user.runBox({
      host: {
        PortBindings: {
          "80/tcp": [at("8081", "192.0.2.7"), at("8082", "127.0.0.1"), at("8083", "::1")],
          "80/udp": [at("8081")],
        },
      },
      line: serve("box", 80),
    });
    await user.expectHttp("192.0.2.7", 8081, "box");
    const answers = [
      ["127.0.0.1", 8081, ""],
      ["127.0.0.1", 8082, "box"],
      ["192.0.2.7", 8082, ""],
      ["::1", 8083, "box"],
      ["127.0.0.1", 8083, ""],
    ] as const;
    for (const [address, port, text] of answers) {
      expect([address, port, await ask(address, port)]).toEqual([address, port, text]);
    }
    await user.removeBoxes(box);
    user.host.exec("ip", "address", "del", "192.0.2.7/32", "dev", "lo");
  });

  test("of a range is the first that is free, and random ones differ and stay over restarts", async () => {
    const PortBindings = { "80/tcp": [at("8100-8101")], "81/tcp": [at("")], "82/tcp": [at("")] };
    const one = await user.runBox({ host: { PortBindings } });
    const two = await user.runBox({ host: { PortBindings } });
    const before = [await user.portsOf(one), await user.portsOf(two)];
    expect(before.map((ports) => ports["80/tcp"]?.[0])).toEqual(["0.0.0.0:8100", "0.0.0.0:8101"]);
    const random = before.flatMap((ports) => [ports["81/tcp"]?.[0], ports["82/tcp"]?.[0]]);
    expect(new Set(random).size).toBe(4);
    const third = await user.box({ host: { PortBindings } });
    const full = await user.ask("POST", `/containers/${third}/start`);
    expect([full.status, full.message]).toEqual([
      409,
      expect.stringContaining("all ports are allocated"),
    ]);
    for (const box of [two, one]) await user.stop(box);
    for (const box of [one, two]) await user.start(box);
    expect([await user.portsOf(one), await user.portsOf(two)]).toEqual(before);
    await user.removeBoxes(one, two, third);
  });

  test("several random ones of the same port stay over a restart too", async () => {
    const box = await user.runBox({ host: { PortBindings: { "80/tcp": [at(""), at("")] } } });
    const before = await user.portsOf(box);
    expect(before["80/tcp"]?.length).toBe(4);
    await user.stop(box);
    await user.start(box);
    expect(await user.portsOf(box)).toEqual(before);
    await user.removeBoxes(box);
  });

  test("that another program has is refused before the start, and nothing is left of it", async () => {
    using foreign = user.host.run(() =>
      Bun.listen({ hostname: "127.0.0.1", port: 8200, socket: { data: () => {} } }),
    );
    const box = await user.box({
      host: { PortBindings: { "79/tcp": [at("8199")], "80/tcp": [at("8200")] } },
    });
    const before = user.host.exec("nft", "list", "ruleset").replaceAll(/packets .*/g, "");
    const { status, message } = await user.ask("POST", `/containers/${box}/start`);
    expect([status, message]).toEqual([
      409,
      expect.stringMatching(/failed to bind host port for .*:8200:.*: address already in use/),
    ]);
    expect((await user.inspect(box)).State).toMatchObject({ Status: "created", Pid: 0 });
    expect(user.host.exec("nft", "list", "ruleset").replaceAll(/packets .*/g, "")).toBe(before);
    expect(Object.keys((await user.network("bridge")).Containers)).toEqual([]);
    expect(user.host.exec("ss", "-Htln", "sport = :8199")).toBe("");
    foreign.stop(true);
    await user.start(box);
    expect((await user.portsOf(box))["80/tcp"]).toEqual(["0.0.0.0:8200", ":::8200"]);
    await user.removeBoxes(box);
  });

  test("-P publishes what is exposed, and that alone", async () => {
    const box = await user.runBox({
      config: { ExposedPorts: { "80/tcp": {}, "90-91/udp": {} } },
      host: { PublishAllPorts: true, PortBindings: { "80/tcp": [at("8300", "127.0.0.1")] } },
    });
    const ports = await user.portsOf(box);
    expect(Object.keys(ports).sort()).toEqual(["80/tcp", "90/udp", "91/udp"]);
    expect(ports["80/tcp"]).toEqual(["127.0.0.1:8300"]);
    await user.removeBoxes(box);
  });

  test("on a network is where host_binding_ipv4 says", async () => {
    await user.createNetwork("bound", {
      Options: { "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1" },
    });
    const PortBindings = { "80/tcp": [at("8310"), at("8311", "0.0.0.0")] };
    const box = await user.runBox({ network: "bound", host: { PortBindings } });
    expect(await user.portsOf(box)).toEqual({ "80/tcp": ["127.0.0.1:8310", "0.0.0.0:8311"] });
    await user.removeBoxes(box);
    await user.removeNetwork("bound");
  });

  test("of a container with IPv6 alone leads there", async () => {
    await user.createNetwork("six", { EnableIPv4: false, EnableIPv6: true });
    const box = await user.runBox({
      network: "six",
      host: { PortBindings: { "80/tcp": [at("8330")] } },
      line: serve("box", 80),
    });
    await user.expectHttp("::1", 8330, "box");
    expect(await user.portsOf(box)).toEqual({ "80/tcp": [":::8330"] });
    await user.removeBoxes(box);
    await user.removeNetwork("six");
  });

  test("a thousand of one container are all there, and all gone with it", async () => {
    const PortBindings = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `${1000 + index}/${index % 2 === 0 ? "tcp" : "udp"}`,
        [at(String(20_000 + index))],
      ]),
    );
    const box = await user.runBox({ host: { PortBindings }, line: serve("box", 1000, 1998) });
    expect(Object.keys(await user.portsOf(box)).length).toBe(1000);
    await user.expectHttp("127.0.0.1", 20_000, "box");
    await user.expectHttp("127.0.0.1", 20_998, "box");
    const element = /\. 2\d{4} :/g;
    const rules = user.host.exec(
      "nft",
      "list",
      "map",
      "inet",
      `sampan-${user.daemon.bridge}`,
      "ports4",
    );
    expect(rules.match(element)?.length).toBe(1000);
    await user.stop(box);
    await user.start(box);
    expect(Object.keys(await user.portsOf(box)).length).toBe(1000);
    await user.removeBoxes(box);
    const after = user.host.exec("nft", "list", "ruleset");
    expect(after.match(element)).toBe(null);
    expect(user.host.exec("ss", "-Htuln", "sport >= :20000 and sport <= :20999")).toBe("");
  });
});
