import { describe, expect, test } from "bun:test";
import { liveEndpoint, networkSet, plainNetwork } from "../../../test/support/plain-network.ts";
import type { PortRequest } from "../model.ts";
import { type PortTargets, planPorts, requestedPorts, targetsOf } from "./port-plan.ts";

const V4 = { bridge: "br", address: "10.0.0.2" };
const V6 = { bridge: "br", address: "fd00::2" };
const port = (changes: Partial<PortRequest> = {}): PortRequest => ({
  containerPort: 80,
  protocol: "tcp",
  hostAddress: "",
  hostPorts: { first: 8080, last: 8080 },
  ...changes,
});
const targets = (changes: Partial<PortTargets>): PortTargets => ({
  endpointId: "e",
  ipv4: undefined,
  ipv6: undefined,
  hostBinding: "",
  ...changes,
});

describe("planPorts()", () => {
  test.each<[Partial<PortRequest>, Partial<PortTargets>, readonly string[]]>([
    [{}, { ipv4: V4, ipv6: V6 }, ["0.0.0.0>10.0.0.2", "::>fd00::2"]],
    // By the relay.
    [{}, { ipv4: V4 }, ["0.0.0.0>10.0.0.2", "::>10.0.0.2"]],
    [{ protocol: "udp" }, { ipv4: V4 }, ["0.0.0.0>10.0.0.2"]],
    [{}, { ipv6: V6 }, ["::>fd00::2"]],
    [{ hostAddress: "127.0.0.1" }, { ipv4: V4, ipv6: V6 }, ["127.0.0.1>10.0.0.2"]],
    [{ hostAddress: "::1" }, { ipv4: V4 }, ["::1>10.0.0.2"]],
    [{}, { ipv4: V4, hostBinding: "127.0.0.1" }, ["127.0.0.1>10.0.0.2"]],
    [{ hostAddress: "0.0.0.0" }, { ipv4: V4, hostBinding: "127.0.0.1" }, ["0.0.0.0>10.0.0.2"]],
  ])("of %j with %j leads %j", (request, to, leads) => {
    const [planned] = planPorts([port(request)], { targets: targets(to), hasIpv6: true });
    expect(planned?.places.map(({ hostAddress, address }) => `${hostAddress}>${address}`)).toEqual([
      ...leads,
    ]);
  });

  test("leaves IPv6 out where the host has none", () => {
    const [planned] = planPorts([port()], { targets: targets({ ipv4: V4 }), hasIpv6: false });
    expect(planned?.places.map(({ hostAddress }) => hostAddress)).toEqual(["0.0.0.0"]);
  });

  test.each<[Partial<PortRequest>, Partial<PortTargets>]>([
    [{ hostAddress: "127.0.0.1" }, { ipv6: V6 }],
    [{ hostAddress: "::1", protocol: "udp" }, { ipv4: V4 }],
  ])("refuses %j with %j, where nothing leads", (request, to) => {
    expect(() => planPorts([port(request)], { targets: targets(to), hasIpv6: true })).toThrow(
      "nothing leads from there to an address of the container",
    );
  });
});

describe("targetsOf()", () => {
  test("is where the gateways are, each family by itself", () => {
    const four = plainNetwork("four");
    const six = plainNetwork("six", { subnets: ["fd00::/64"] });
    const found = targetsOf(networkSet(four, six), [liveEndpoint(four), liveEndpoint(six)]);
    expect(found).toMatchObject({
      ipv4: { bridge: `br-${four.id.slice(0, 12)}`, address: "10.0.0.2" },
      ipv6: { bridge: `br-${six.id.slice(0, 12)}`, address: "fd00::2" },
      hostBinding: "",
    });
  });

  test("is nowhere without a gateway, without networks, and beside bridges", () => {
    const inner = plainNetwork("inner", { internal: true });
    const beside = plainNetwork("beside", { driver: "macvlan" });
    for (const network of [inner, beside]) {
      expect(targetsOf(networkSet(network), [liveEndpoint(network)])).toBeUndefined();
    }
    expect(targetsOf(networkSet(), [])).toBeUndefined();
  });

  test("has the network's address for ports that say none; every address means none", () => {
    const name = "com.docker.network.bridge.host_binding_ipv4";
    for (const [value, hostBinding] of [
      ["127.0.0.1", "127.0.0.1"],
      ["0.0.0.0", ""],
    ] as const) {
      const network = plainNetwork("n", { options: { [name]: value } });
      expect(targetsOf(networkSet(network), [liveEndpoint(network)])?.hostBinding).toBe(
        hostBinding,
      );
    }
  });
});

describe("requestedPorts()", () => {
  test("adds those that are exposed, and not published as it is", () => {
    const found = requestedPorts([port()], ["80/tcp", "80/udp", "90-91/tcp", "95"]);
    expect(found.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`)).toEqual([
      "80/tcp",
      "80/udp",
      "90/tcp",
      "91/tcp",
      "95/tcp",
    ]);
    expect(found[1]).toEqual(port({ protocol: "udp", hostPorts: { first: 0, last: 0 } }));
  });
});
