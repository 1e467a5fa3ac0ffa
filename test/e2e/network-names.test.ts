// What containers find one another by.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { NetworkUser } from "../support/network-user.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let user: NetworkUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  user = await NetworkUser.start();
});
afterAll(async () => {
  await user?.[Symbol.asyncDispose]();
});

/** The addresses that a container finds by a name, in order; none where it finds nothing. */
async function lookUp(box: string, name: string): Promise<readonly string[]> {
  const answer = await user.shell(box, `nslookup ${name} 127.0.0.11 2>&1 | tail -n +3`);
  return [...answer.matchAll(/^Address(?: \d+)?: (\S+)/gm)].map(([, found = ""]) => found).sort();
}

describe("names", () => {
  test("are the container's, its aliases, its short id and its hostname, in any letters", async () => {
    await user.createSubnet("net", "10.1.0.0/24");
    const asked = { net: { Aliases: ["Nick", "shared"] } };
    const config = { Hostname: "hostly" };
    const one = await user.runBox({ name: "One", network: "net", endpoints: asked, config });
    const two = await user.runBox({
      name: "two",
      network: "net",
      endpoints: { net: { Aliases: ["shared"] } },
    });
    for (const name of ["One", "one", "ONE", "nick", one.slice(0, 12), "hostly", "one.net"]) {
      expect([name, await lookUp(two, name)]).toEqual([name, ["10.1.0.2"]]);
    }
    expect(await lookUp(two, "shared")).toEqual(["10.1.0.2", "10.1.0.3"]);
    expect(await lookUp(two, "nobody")).toEqual([]);
    expect(await user.shell(two, "nslookup 10.1.0.2 127.0.0.11")).toContain("name = One.net");
    const { DNSNames } = (await user.inspect(one)).NetworkSettings.Networks.net;
    expect(DNSNames).toEqual(["One", "Nick", "shared", one.slice(0, 12), "hostly"]);

    await user.json("POST", "/containers/One/rename?name=uno");
    expect(await lookUp(two, "uno")).toEqual(["10.1.0.2"]);
    expect(await lookUp(two, "one")).toEqual([]);
    expect(await lookUp(two, "nick")).toEqual(["10.1.0.2"]);
    await user.stop(one);
    expect(await lookUp(two, "uno")).toEqual([]);
    expect(await lookUp(two, "shared")).toEqual(["10.1.0.3"]);
    await user.removeBoxes(one, two);
    await user.removeNetwork("net");
  });

  test("of both families, and none of other networks", async () => {
    const pools = [{ Subnet: "10.1.1.0/24" }, { Subnet: "fd01:1::/64" }];
    await user.createNetwork("dual", { EnableIPv6: true, IPAM: { Config: pools } });
    await user.createSubnet("other", "10.1.2.0/24");
    const one = await user.runBox({ name: "one", network: "dual" });
    const two = await user.runBox({ name: "two", network: "dual" });
    const stranger = await user.runBox({ name: "stranger", network: "other" });
    expect(await lookUp(two, "one")).toEqual(["10.1.1.2", "fd01:1::2"]);
    expect(await lookUp(stranger, "one")).toEqual([]);
    expect(await lookUp(two, "stranger")).toEqual([]);
    expect(await user.shell(two, "nslookup fd01:1::2 127.0.0.11")).toContain("name = one.dual");
    await user.createNetwork("six", {
      EnableIPv4: false,
      EnableIPv6: true,
      IPAM: { Config: [{ Subnet: "fd01:6::/64" }] },
    });
    const three = await user.runBox({ name: "three", network: "six" });
    const four = await user.runBox({ network: "six" });
    expect(await lookUp(four, "three")).toEqual(["fd01:6::2"]);
    expect(await user.shell(four, "ping -6 -c 1 -W 10 three >/dev/null; echo $?")).toBe("0");
    await user.removeBoxes(one, two, stranger, three, four);
    await user.removeNetwork("dual", "other", "six");
  });

  test("by links: on a user's network by the name server, for one container alone", async () => {
    await user.createSubnet("linked", "10.1.3.0/24");
    const db = await user.runBox({ name: "db", network: "linked" });
    const web = await user.runBox({
      network: "linked",
      endpoints: { linked: { Links: ["db:store"] } },
    });
    expect(await lookUp(web, "store")).toEqual(["10.1.3.2"]);
    expect(await lookUp(db, "store")).toEqual([]);
    await user.stop(db);
    expect(await lookUp(web, "store")).toEqual([]);
    await user.removeBoxes(db, web);
    await user.removeNetwork("linked");
  });

  test("by links: on the default network by /etc/hosts and variables, at each start", async () => {
    const config = { ExposedPorts: { "5432/tcp": {} }, Env: ["KEY=value"] };
    const db = await user.runBox({ name: "db", config });
    const web = await user.runBox({ name: "web", host: { Links: ["db:store"] } });
    const { IPAddress } = (await user.inspect(db)).NetworkSettings.Networks.bridge;
    expect(await user.shell(web, "grep -w store /etc/hosts")).toStartWith(`${IPAddress}\tstore `);
    const variables = await user.shell(web, "tr '\\0' '\\n' < /proc/1/environ | grep ^STORE");
    expect(variables.split("\n").sort()).toEqual([
      "STORE_ENV_KEY=value",
      "STORE_NAME=/web/store",
      `STORE_PORT=tcp://${IPAddress}:5432`,
      `STORE_PORT_5432_TCP=tcp://${IPAddress}:5432`,
      `STORE_PORT_5432_TCP_ADDR=${IPAddress}`,
      "STORE_PORT_5432_TCP_PORT=5432",
      "STORE_PORT_5432_TCP_PROTO=tcp",
    ]);
    expect((await user.inspect(web)).HostConfig.Links).toEqual(["/db:/web/store"]);
    await user.stop(db);
    await user.stop(web);
    const refused = await user.ask("POST", `/containers/${web}/start`);
    expect([refused.status, refused.message]).toEqual([
      409,
      expect.stringContaining("Cannot link to a non running container: /db AS /web/store"),
    ]);
    await user.removeBoxes(web, db);
  });

  test("of the outside are asked of the servers that --dns says, and of none from an internal network", async () => {
    await user.createSubnet("dns", "10.1.4.0/24");
    const box = await user.runBox({
      network: "dns",
      host: { Dns: ["192.0.2.53"], DnsSearch: ["example.com"], DnsOptions: ["ndots:3"] },
    });
    const text = await user.shell(box, "cat /etc/resolv.conf");
    expect(text).toContain("nameserver 127.0.0.11");
    expect(text).toMatch(/^search example\.com$/m);
    expect(text).toMatch(/^options .*ndots:3/m);
    await user.removeBoxes(box);
    await user.removeNetwork("dns");
  });
});
