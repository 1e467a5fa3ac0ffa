// Ports of containers that change while they run.

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
  test("follows its container from network to network", async () => {
    await user.createSubnet("here", "10.5.1.0/24");
    await user.createSubnet("inside", "10.5.2.0/24", { Internal: true });
    const box = await user.runBox({
      network: "inside",
      host: { PortBindings: { "80/tcp": [at("8320")], "81/tcp": [at("")] } },
      line: serve("box", 80),
    });
    expect(await user.portsOf(box)).toEqual({});
    await user.connect("here", box);
    await user.expectHttp("127.0.0.1", 8320, "box");
    expect((await user.portsOf(box))["80/tcp"]).toEqual(["0.0.0.0:8320", ":::8320"]);
    await user.connect("bridge", box);
    await user.disconnect("here", box);
    const ports = await user.portsOf(box);
    expect(ports["80/tcp"]).toEqual(["0.0.0.0:8320", ":::8320"]);
    await user.expectHttp("127.0.0.1", 8320, "box");
    await user.disconnect("bridge", box);
    expect(await ask("127.0.0.1", 8320)).toBe("");
    expect(await user.portsOf(box)).toEqual({});
    await user.connect("here", box);
    await user.expectHttp("127.0.0.1", 8320, "box");
    await user.removeBoxes(box);
    await user.removeNetwork("here", "inside");
  });

  test("that is taken keeps its container off the network that would publish it", async () => {
    using foreign = user.host.run(() =>
      Bun.listen({ hostname: "127.0.0.1", port: 8350, socket: { data: () => {} } }),
    );
    await user.createSubnet("inside", "10.5.2.0/24", { Internal: true });
    const PortBindings = { "80/tcp": [at("8350")] };
    const box = await user.runBox({ network: "inside", host: { PortBindings } });
    const before = await user.shell(box, "ip addr; ip route; cat /etc/hosts /etc/resolv.conf");
    const refused = await user.ask("POST", "/networks/bridge/connect", { Container: box });
    expect([refused.status, refused.message]).toEqual([
      409,
      expect.stringContaining("address already in use"),
    ]);
    expect(await user.shell(box, "ip addr; ip route; cat /etc/hosts /etc/resolv.conf")).toBe(
      before,
    );
    expect((await user.network("bridge")).Containers).toEqual({});
    foreign.stop(true);
    await user.connect("bridge", box);
    expect((await user.portsOf(box))["80/tcp"]).toEqual(["0.0.0.0:8350", ":::8350"]);
    await user.removeBoxes(box);
    await user.removeNetwork("inside");
  });

  test("is at all addresses of a family as soon as its container has one of that", async () => {
    await user.createSubnet("four", "10.5.4.0/24");
    await user.createNetwork("six", { EnableIPv4: false, EnableIPv6: true });
    const PortBindings = { "80/udp": [at("8370")], "81/udp": [at("")] };
    const box = await user.runBox({ network: "four", host: { PortBindings } });
    const before = await user.portsOf(box);
    expect(before["80/udp"]).toEqual(["0.0.0.0:8370"]);
    await user.connect("six", box);
    const both = await user.portsOf(box);
    expect(both["80/udp"]).toEqual(["0.0.0.0:8370", ":::8370"]);
    expect(both["81/udp"]).toContain(before["81/udp"]?.[0] ?? "none");
    await user.disconnect("six", box);
    expect(await user.portsOf(box)).toEqual(before);
    // Somebody else has the port there: the container keeps what it had.
    const foreign = await user.host.run(() =>
      Bun.udpSocket({ hostname: "::1", port: 8370, socket: { data: () => {} } }),
    );
    const refused = await user.ask("POST", "/networks/six/connect", { Container: box });
    foreign.close();
    expect([refused.status, await user.portsOf(box)]).toEqual([409, before]);
    await user.removeBoxes(box);
    await user.removeNetwork("four", "six");
  });

  test("that would have nowhere to lead to keeps its container on the network", async () => {
    await user.createSubnet("four", "10.5.4.0/24");
    await user.createNetwork("six", { EnableIPv4: false, EnableIPv6: true });
    const box = await user.runBox({
      network: "four",
      host: { PortBindings: { "80/tcp": [at("8360", "127.0.0.1")] } },
      line: serve("box", 80),
    });
    await user.expectHttp("127.0.0.1", 8360, "box");
    await user.connect("six", box);
    const before = await user.shell(box, "ip addr; ip route");
    const refused = await user.ask("POST", "/networks/four/disconnect", { Container: box });
    expect([refused.status, refused.message]).toEqual([
      400,
      expect.stringContaining("cannot publish 80/tcp at 127.0.0.1: nothing leads from there"),
    ]);
    expect(await user.shell(box, "ip addr; ip route")).toBe(before);
    expect(await ask("127.0.0.1", 8360)).toBe("box");
    expect(Object.keys((await user.network("four")).Containers)).toEqual([box]);
    await user.removeBoxes(box);
    await user.removeNetwork("four", "six");
  });

  test("can be added and withdrawn while the container runs", async () => {
    const box = await user.runBox({
      host: { PortBindings: { "80/tcp": [at("8340")] } },
      line: serve("box", 80, 81),
    });
    const update = (body: object) => user.ask("POST", `/containers/${box}/update`, body);
    await user.expectHttp("127.0.0.1", 8340, "box");
    expect((await update({ PublishAdd: { "81/tcp": [at("8341")] } })).status).toBe(200);
    await user.expectHttp("127.0.0.1", 8341, "box");
    const move = {
      PublishAdd: { "80/tcp": [at("8342")] },
      PublishRemove: { "80/tcp": [at("8340")] },
    };
    expect((await update(move)).status).toBe(200);
    expect([await ask("127.0.0.1", 8340), await ask("127.0.0.1", 8342)]).toEqual(["", "box"]);
    const taken = await update({ PublishAdd: { "80/tcp": [at("8341")] } });
    expect([taken.status, taken.message]).toEqual([
      409,
      expect.stringContaining("Bind for 0.0.0.0:8341 failed: port is already allocated"),
    ]);
    const failed = await update({
      PublishAdd: { "80/tcp": [at("8341")] },
      PublishRemove: { "80/tcp": [at("8342")] },
    });
    expect(failed.status).toBe(409);
    expect(await ask("127.0.0.1", 8342)).toBe("box");
    const unknown = await update({ PublishRemove: { "99/tcp": [] } });
    expect([unknown.status, unknown.message]).toEqual([404, expect.stringContaining("99/tcp")]);
    await user.stop(box);
    await user.start(box);
    expect(await user.portsOf(box)).toEqual({
      "80/tcp": ["0.0.0.0:8342", ":::8342"],
      "81/tcp": ["0.0.0.0:8341", ":::8341"],
    });
    await user.removeBoxes(box);
  });
});
