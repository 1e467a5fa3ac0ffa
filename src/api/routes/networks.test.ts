import { describe, expect, test } from "bun:test";
import { startApi } from "../../../test/support/api.ts";
import { NETWORK } from "../../../test/support/double/network.ts";

const ID = "n".repeat(64);

describe("networks", () => {
  test("list shows all but the containers, by both of its paths", async () => {
    await using api = await startApi();
    for (const path of ["/networks", "/networks/", "/v1.44/networks"]) {
      const { status, text } = await api.ask("GET", `${path}?filters={"name":["x"]}`);
      expect([path, status]).toEqual([path, 200]);
      expect(JSON.parse(text)).toMatchObject([{ Name: "net", Id: ID, Containers: {} }]);
    }
    expect(api.engine.calls).toContainEqual(["listNetworks", { name: ["x"] }]);
  });

  test("inspect shows Docker's fields, with the containers", async () => {
    await using api = await startApi();
    const { status, json } = await api.ask("GET", "/networks/net");
    expect([status, json]).toEqual([
      200,
      {
        Name: "net",
        Id: ID,
        Created: NETWORK.createdAt,
        Scope: "local",
        Driver: "bridge",
        EnableIPv4: true,
        EnableIPv6: false,
        IPAM: {
          Driver: "default",
          Options: null,
          Config: [
            {
              Subnet: "10.5.0.0/16",
              Gateway: "10.5.0.1",
              AuxiliaryAddresses: { r: "10.5.0.9" },
            },
          ],
        },
        Internal: false,
        Attachable: false,
        Ingress: false,
        ConfigFrom: { Network: "" },
        ConfigOnly: false,
        Containers: {
          ["c".repeat(64)]: {
            Name: "web",
            EndpointID: "e".repeat(64),
            MacAddress: "02:42:0a:05:00:02",
            IPv4Address: "10.5.0.2/16",
            IPv6Address: "",
          },
        },
        Options: { "com.docker.network.driver.mtu": "1400" },
        Labels: { a: "b" },
      },
    ]);
    expect((await api.ask("GET", "/networks/net?scope=local")).status).toBe(200);
    expect((await api.ask("GET", "/networks/net?scope=swarm")).status).toBe(404);
    expect((await api.ask("GET", "/networks/nope")).json).toEqual({
      message: "network nope not found",
    });
  });

  test("create passes on what is asked, and answers 201", async () => {
    await using api = await startApi();
    const { status, json } = await api.ask("POST", "/networks/create", {
      Name: "new",
      CheckDuplicate: true,
      Driver: "bridge",
      EnableIPv4: false,
      EnableIPv6: true,
      Internal: true,
      Attachable: true,
      IPAM: {
        Driver: "default",
        Options: { o: "p" },
        Config: [
          { Subnet: "fd00::/64", IPRange: "fd00::/65", AuxiliaryAddresses: { a: "fd00::9" } },
        ],
      },
      Options: { k: "v" },
      Labels: { l: "m" },
    });
    expect([status, json]).toEqual([201, { Id: ID, Warning: "" }]);
    const pool = {
      subnet: "fd00::/64",
      range: "fd00::/65",
      gateway: "",
      auxiliary: { a: "fd00::9" },
    };
    expect(api.engine.calls).toContainEqual([
      "createNetwork",
      {
        name: "new",
        driver: "bridge",
        enableIpv4: false,
        enableIpv6: true,
        internal: true,
        attachable: true,
        ipam: { driver: "default", options: { o: "p" }, pools: [pool] },
        options: { k: "v" },
        labels: { l: "m" },
      },
    ]);
  });

  test("an old client cannot switch IPv4 off, and nulls ask for nothing", async () => {
    await using api = await startApi();
    const body = { Name: "old", EnableIPv4: false, IPAM: null, Options: null, Labels: null };
    expect((await api.ask("POST", "/v1.47/networks/create", body)).status).toBe(201);
    const [, request] = api.engine.calls.find(([name]) => name === "createNetwork") ?? [];
    expect(request).toEqual({
      name: "old",
      driver: "",
      internal: false,
      attachable: false,
      ipam: { driver: "", options: {}, pools: [] },
      options: {},
      labels: {},
    });
  });

  test.each<[body: unknown, status: number]>([
    [{ Name: "x", ConfigOnly: true }, 501],
    [{ Name: "x", Ingress: true }, 501],
    [{ Name: "x", ConfigFrom: { Network: "y" } }, 501],
    [{ Name: "x", Scope: "swarm" }, 501],
    [{ Name: 1 }, 400],
    [{ Name: "x", Internal: "yes" }, 400],
    [{ Name: "x", IPAM: [] }, 400],
    [{ Name: "x", IPAM: { Config: {} } }, 400],
    [{ Name: "x", IPAM: { Config: [1] } }, 400],
    [{ Name: "x", IPAM: { Config: [{ AuxiliaryAddresses: { a: 1 } }] } }, 400],
    [{ Name: "x", Options: { a: 1 } }, 400],
    [{ Name: "x", Labels: ["a"] }, 400],
    ["[]", 400],
    ['"x"', 400],
    ["{", 400],
  ])("create refuses %j with %d", async (body, status) => {
    await using api = await startApi();
    const answer = await api.ask("POST", "/networks/create", body);
    expect([answer.status, typeof answer.json["message"]]).toEqual([status, "string"]);
    expect(api.engine.calls).toEqual([]);
  });

  test("connect and disconnect pass on what is asked", async () => {
    await using api = await startApi();
    const connect = await api.ask("POST", "/networks/net/connect", {
      Container: "web",
      EndpointConfig: { Aliases: ["a"], IPAMConfig: { IPv4Address: "10.5.0.7" }, GwPriority: 2 },
    });
    expect([connect.status, connect.text]).toEqual([200, ""]);
    const disconnect = await api.ask("POST", "/networks/net/disconnect", {
      Container: "web",
      Force: true,
    });
    expect([disconnect.status, disconnect.text]).toEqual([200, ""]);
    const endpoint = {
      network: "net",
      ipv4: "10.5.0.7",
      linkLocal: [],
      aliases: ["a"],
      links: [],
      driverOptions: {},
      gatewayPriority: 2,
    };
    expect(api.engine.calls).toEqual([
      ["connect", "net", "web", endpoint],
      ["disconnect", "net", "web", { force: true }],
    ]);
  });

  test("remove answers 204, and prune with the names", async () => {
    await using api = await startApi();
    expect((await api.ask("DELETE", "/networks/net")).status).toBe(204);
    const { status, json } = await api.ask("POST", '/networks/prune?filters={"label":["a"]}');
    expect([status, json]).toEqual([200, { NetworksDeleted: ["old"] }]);
    expect(api.engine.calls).toEqual([
      ["removeNetwork", "net"],
      ["pruneNetworks", { label: ["a"] }],
    ]);
  });
});
