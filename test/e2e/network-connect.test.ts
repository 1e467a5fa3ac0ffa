// A daemon whose host is a network namespace: containers join and leave networks while they run.

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

describe("live connect and disconnect", () => {
  test("changes links, routes, hosts and the name server", async () => {
    await user.createSubnet("one", "10.2.1.0/24");
    await user.createSubnet("next", "10.2.2.0/24");
    const box = await user.runBox({ name: "walker", network: "bridge" });
    const other = await user.runBox({ name: "rester", network: "next" });
    const before = await user.shell(box, "ip route | grep default; cat /etc/resolv.conf");
    expect(before).not.toContain("127.0.0.11");

    await user.connect("next", box, { Aliases: ["nick"] });
    expect(await user.shell(box, ADDRESSES)).toContain("eth1 10.2.2.3/24");
    expect(await user.shell(box, "cat /etc/resolv.conf")).toContain("nameserver 127.0.0.11");
    expect(await user.shell(box, "grep -c 10.2.2.3 /etc/hosts")).toBe("1");
    expect(await user.shell(box, "nslookup rester | tail -n +3")).toContain("10.2.2.2");
    expect(await user.shell(other, "nslookup nick | tail -n +3")).toContain("10.2.2.3");
    expect(await user.shell(box, "ip route | grep default")).toContain("dev eth0");

    await user.connect("one", box, { GwPriority: 5 });
    expect(await user.shell(box, "ip route | grep -c default")).toBe("1");
    expect(await user.shell(box, "ip route | grep default")).toContain("via 10.2.1.1 dev eth2");

    await user.disconnect("bridge", box);
    expect(await user.shell(box, ADDRESSES)).toBe("eth1 10.2.2.3/24\neth2 10.2.1.2/24");
    await user.disconnect("one", box);
    expect(await user.shell(box, "ip route | grep default")).toContain("via 10.2.2.1 dev eth1");

    await user.disconnect("next", box);
    expect(await user.shell(box, ADDRESSES)).toBe("");
    expect(await user.shell(box, "ip route | wc -l")).toBe("0");
    expect(await user.shell(box, "grep -c 10.2 /etc/hosts")).toBe("1: 0");
    expect(await user.shell(other, "nslookup nick >/dev/null 2>&1; echo $?")).toBe("1");
    expect((await user.inspect(box)).NetworkSettings.Networks).toEqual({});

    await user.connect("one", box);
    expect(await user.shell(box, "ip route | grep default")).toContain("via 10.2.1.1 dev eth0");
    await user.removeBoxes(box, other);
    await user.removeNetwork("one", "next");
  });

  test("of a stopped container count from its next start", async () => {
    await user.createSubnet("later", "10.2.3.0/24");
    const box = await user.box();
    const asked = { IPAMConfig: { IPv4Address: "10.2.3.33" }, Aliases: ["x"] };
    await user.connect("later", box, asked);
    expect(await user.endpointOf(box, "later")).toMatchObject({
      IPAMConfig: { IPv4Address: "10.2.3.33" },
      Aliases: ["x"],
      IPAddress: "",
    });
    await user.connect("later", box, { ...asked, Aliases: ["y"] });
    expect(await user.endpointOf(box, "later")).toMatchObject({ Aliases: ["y"] });
    await user.disconnect("bridge", box);
    await user.start(box);
    expect(await user.shell(box, ADDRESSES)).toBe("eth0 10.2.3.33/24");
    await user.stop(box);
    await user.disconnect("later", box);
    await user.start(box);
    expect(await user.shell(box, ADDRESSES)).toBe("");
    await user.removeBoxes(box);
    await user.removeNetwork("later");
  });

  test("is refused with Docker's words", async () => {
    await user.createSubnet("net", "10.2.4.0/24");
    const box = await user.runBox({ name: "box", network: "net" });
    const hosted = await user.runBox({ name: "hosted", network: "host" });
    const alone = await user.runBox({ name: "alone", network: "none" });
    const guest = await user.runBox({ name: "guest", network: "container:box" });
    const rows: readonly (readonly [string, object, number, string])[] = [
      ["net/connect", { Container: "box" }, 403, "already exists in network net"],
      ["nope/connect", { Container: "box" }, 404, "network nope not found"],
      ["net/connect", { Container: "nope" }, 404, "No such container: nope"],
      ["net/connect", { Container: "hosted" }, 403, "cannot be connected to any other network"],
      ["net/connect", { Container: "guest" }, 403, "cannot be connected to any other network"],
      ["net/connect", { Container: "alone" }, 403, "in private (none) mode"],
      ["host/connect", { Container: "box" }, 403, "cannot connect container to host network"],
      ["none/connect", { Container: "box" }, 403, "in private (none) mode"],
      ["net/disconnect", { Container: "alone" }, 403, "is not connected to network net"],
      ["host/disconnect", { Container: "hosted" }, 403, "cannot disconnect container from host"],
      ["net/disconnect", { Container: "nope" }, 404, "No such container: nope"],
      ["nope/disconnect", { Container: "box" }, 404, "network nope not found"],
      [
        "bridge/connect",
        { Container: "box", EndpointConfig: { Aliases: ["x"] } },
        400,
        "network-scoped aliases are only supported for user-defined networks",
      ],
      [
        "bridge/connect",
        { Container: "box", EndpointConfig: { IPAMConfig: { IPv4Address: "10.1.2.3" } } },
        400,
        "user specified IP address is supported on user defined networks only",
      ],
    ];
    for (const [path, body, status, text] of rows) {
      const answer = await user.ask("POST", `/networks/${path}`, body);
      expect([path, body, answer.status, answer.message]).toEqual([
        path,
        body,
        status,
        expect.stringContaining(text),
      ]);
    }
    const used = await user.ask("DELETE", "/networks/net");
    expect([used.status, used.message]).toEqual([
      403,
      expect.stringMatching(/network net has active endpoints \(name:"box" id:"[0-9a-f]{12}"\)$/),
    ]);
    await user.removeBoxes(guest, box, hosted, alone);
    await user.removeNetwork("net");
  });

  test("by force of a container that is gone does nothing", async () => {
    await user.createNetwork("gone");
    const body = { Container: "nope", Force: true };
    expect((await user.ask("POST", "/networks/gone/disconnect", body)).status).toBe(200);
    await user.removeNetwork("gone");
  });

  test("keeps working where a container that it is linked to has stopped", async () => {
    await user.createSubnet("linked", "10.2.5.0/24");
    const target = await user.runBox({ name: "target" });
    const box = await user.runBox({ host: { Links: ["target:t"] } });
    await user.stop(target);
    await user.connect("linked", box);
    expect(await user.shell(box, "grep -c 10.2.5.2 /etc/hosts")).toBe("1");
    await user.disconnect("linked", box);
    await user.removeBoxes(box, target);
    await user.removeNetwork("linked");
  });
});

describe("modes without a network of one's own", () => {
  test("none has a loopback alone, host the host's links, container: another's", async () => {
    const alone = await user.runBox({ network: "none" });
    expect(await user.shell(alone, "ls /sys/class/net")).toBe("lo");
    expect(await user.shell(alone, "ping -c 1 -W 10 127.0.0.1 >/dev/null; echo $?")).toBe("0");
    const hosted = await user.runBox({ network: "host" });
    expect(await user.shell(hosted, "ls /sys/class/net")).toContain(user.daemon.bridge);
    await user.createSubnet("shared", "10.4.1.0/24");
    const donor = await user.runBox({ name: "donor", network: "shared" });
    const guest = await user.runBox({ network: "container:donor" });
    expect(await user.shell(guest, ADDRESSES)).toBe("eth0 10.4.1.2/24");
    expect(await user.shell(guest, "nslookup donor | tail -n +3")).toContain("10.4.1.2");
    await user.connect("bridge", donor);
    expect((await user.shell(guest, ADDRESSES)).split("\n").length).toBe(2);
    expect(await user.shell(guest, "cat /etc/hosts")).toBe(
      await user.shell(donor, "cat /etc/hosts"),
    );
    expect((await user.network("none")).Containers[alone]).toMatchObject({ IPv4Address: "" });
    expect(Object.keys((await user.network("host")).Containers)).toEqual([hosted]);
    await user.removeBoxes(guest, donor, hosted, alone);
    await user.removeNetwork("shared");
  });

  test("host-gateway is the address by which the host is reached", async () => {
    const box = await user.runBox({ host: { ExtraHosts: ["outer:host-gateway"] } });
    const gateway = user.daemon.address.replace(/\/.*/, "");
    expect(await user.shell(box, "grep -w outer /etc/hosts")).toBe(`${gateway}\touter`);
    expect(await user.shell(box, "ping -c 1 -W 10 outer >/dev/null; echo $?")).toBe("0");
    await user.removeBoxes(box);
  });
});
