import { describe, expect, test } from "bun:test";
import { containerConfig, type TestConfig } from "../../../test/support/container-config.ts";
import {
  liveEndpoint,
  networkSet,
  plainNetwork,
  restingEndpoint,
} from "../../../test/support/plain-network.ts";
import type { EndpointRecord } from "../containers/record.ts";
import {
  chooseInterfaceName,
  freePlace,
  gatewayEndpoint,
  plainEndpoint,
  planEndpoints,
} from "./endpoint-plan.ts";

const IFNAME = "com.docker.network.endpoint.ifname";
const networks = networkSet(
  plainNetwork("bridge", { isPredefined: true }),
  plainNetwork("host", { isPredefined: true, driver: "host", subnets: [] }),
  plainNetwork("none", { isPredefined: true, driver: "null", subnets: [] }),
  plainNetwork("one"),
  plainNetwork("two"),
);

function plan(config: TestConfig) {
  return planEndpoints(networks, containerConfig(config));
}

describe("planEndpoints()", () => {
  test("puts the network of the mode first, and takes what is asked of it", () => {
    const one = { ...plainEndpoint("one"), aliases: ["x"] };
    const endpoints = [plainEndpoint("two"), one];
    const planned = plan({ endpoints, host: { network: { kind: "network", network: "one" } } });
    expect(planned.map(({ network, request }) => [network, request.aliases])).toEqual([
      ["one", ["x"]],
      ["two", []],
    ]);
    expect(planned[0]?.networkId).toBe("one".padEnd(64, "0"));
  });

  test("knows one network by its name, its id and a part of that", () => {
    const endpoints = [plainEndpoint("one000"), plainEndpoint("one".padEnd(64, "0"))];
    const planned = plan({ endpoints, host: { network: { kind: "network", network: "one" } } });
    expect(planned.map(({ network }) => network)).toEqual(["one"]);
  });

  test("keeps one that is not there yet by the name that the user has for it", () => {
    const planned = plan({ host: { network: { kind: "network", network: "later" } } });
    expect(planned).toEqual([restingEndpoint("later")]);
  });

  test.each<[TestConfig, readonly string[]]>([
    [{ host: { network: { kind: "none" } } }, ["none"]],
    [{ host: { network: { kind: "host" } } }, ["host"]],
    [{ host: { network: { kind: "container", container: "x" } } }, []],
    [{ networkDisabled: true }, []],
  ])("of %j has %j", (config, names) => {
    expect(plan(config).map(({ network }) => network)).toEqual([...names]);
  });

  test.each<[TestConfig]>([
    [{ host: { network: { kind: "none" } }, endpoints: [plainEndpoint("one")] }],
    [{ host: { network: { kind: "host" } }, endpoints: [plainEndpoint("one")] }],
    [{ endpoints: [plainEndpoint("host")] }],
    [{ endpoints: [plainEndpoint("none")] }],
  ])("refuses %j, as such a network goes with no other", (config) => {
    expect(() => plan(config)).toThrow(/cannot be on other networks/);
  });

  test("refuses networks beside another container's", () => {
    const network = { kind: "container", container: "x" } as const;
    expect(plan({ host: { network }, endpoints: [plainEndpoint("container:x")] })).toEqual([]);
    expect(() => plan({ host: { network }, endpoints: [plainEndpoint("one")] })).toThrow(
      "cannot be connected to any other network",
    );
  });
});

describe("gatewayEndpoint()", () => {
  const named = (name: string, gatewayPriority = 0, changes = {}) =>
    liveEndpoint(plainNetwork(name, changes), { gatewayPriority });

  test.each<[string, readonly EndpointRecord[], string | undefined]>([
    ["the first by name", [named("b"), named("a"), named("c")], "a"],
    ["the one with the highest priority", [named("a"), named("b", 1), named("c", -1)], "b"],
    ["none but internal ones", [named("a", 9, { internal: true })], undefined],
    ["one that has a gateway", [named("a", 9, { internal: true }), named("b")], "b"],
    ["none that does not run", [restingEndpoint("a")], undefined],
  ])("is %s", (_, endpoints, name) => {
    expect(gatewayEndpoint(endpoints, 4)?.network).toBe(name as string);
  });

  test("may differ between the families", () => {
    const four = named("four", 5);
    const six = named("six", 0, { subnets: ["fd00::/64"] });
    expect(gatewayEndpoint([four, six], 4)?.network).toBe("four");
    expect(gatewayEndpoint([four, six], 6)?.network).toBe("six");
  });
});

test("freePlace() is the lowest that no link has", () => {
  const at = (place: number) => liveEndpoint(plainNetwork("n"), {}, place);
  expect(freePlace([])).toBe(0);
  expect(freePlace([at(0), at(2)])).toBe(1);
  expect(freePlace([at(1)])).toBe(0);
  expect(freePlace([restingEndpoint("n")])).toBe(0);
});

describe("chooseInterfaceName()", () => {
  const asking = (name: string) => restingEndpoint("n", { driverOptions: { [IFNAME]: name } });
  const usual = restingEndpoint("n");
  const live = (place: number) => liveEndpoint(plainNetwork("n"), {}, place);

  test("gives the usual one, and the next where another link has it, or asks for it", () => {
    const choose = (...others: EndpointRecord[]) =>
      chooseInterfaceName(usual, { prefix: "eth", place: 1, others });
    expect(choose()).toBe("eth1");
    expect(choose(live(0))).toBe("eth1");
    expect(choose(live(1))).toBe("eth2");
    expect(choose(asking("eth1"), live(2))).toBe("eth3");
  });

  test("gives the one that is asked for", () => {
    const others = [live(1)];
    expect(chooseInterfaceName(asking("wan"), { prefix: "eth", place: 1, others })).toBe("wan");
  });

  test("refuses one that is taken", () => {
    for (const others of [[live(1)], [asking("eth1")]]) {
      expect(() =>
        chooseInterfaceName(asking("eth1"), { prefix: "eth", place: 0, others }),
      ).toThrow('another link of the container has the name "eth1"');
    }
  });
});
