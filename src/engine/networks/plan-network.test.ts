import { afterAll, describe, expect } from "bun:test";
import { NetworkNamespace } from "../../../test/support/network-namespace.ts";
import { networkSet, plainNetwork } from "../../../test/support/plain-network.ts";
import { testAsRoot } from "../../../test/support/test-if.ts";
import { EngineError, type ErrorKind } from "../../base/errors.ts";
import { HostNetworking } from "../../network/host-networking.ts";
import { IPV4_POOLS, uniqueLocalPool } from "../../network/subnet-pools.ts";
import type { IpamPool, NetworkRequest } from "../network-facade.ts";
import { planNetwork } from "./plan-network.ts";

const isRoot = process.getuid?.() === 0;
const namespace = isRoot ? new NetworkNamespace() : undefined;
const host = namespace?.run(() => new HostNetworking("plan0"));
afterAll(() => {
  host?.[Symbol.dispose]();
  namespace?.[Symbol.dispose]();
});

const pool = (changes: Partial<IpamPool>): IpamPool => ({
  subnet: "10.9.0.0/24",
  range: "",
  gateway: "",
  auxiliary: {},
  ...changes,
});

function plan(changes: Partial<NetworkRequest> = {}) {
  if (host === undefined) throw new Error("not root");
  const networks = networkSet(plainNetwork("taken"), plainNetwork("bridge", { subnets: [] }));
  const pools = [...IPV4_POOLS, uniqueLocalPool("here")];
  return planNetwork(
    { networks, pools, host, mtu: 1500 },
    {
      name: "new",
      driver: "",
      internal: false,
      attachable: false,
      ipam: { driver: "", options: {}, pools: [] },
      options: {},
      labels: {},
      ...changes,
    },
  );
}

describe("planNetwork()", () => {
  testAsRoot("decides what is left open", () => {
    const record = plan({ labels: { a: "b" }, internal: true });
    expect(record).toMatchObject({
      name: "new",
      driver: "bridge",
      enableIpv4: true,
      enableIpv6: false,
      internal: true,
      labels: { a: "b" },
      isPredefined: false,
      ipam: { driver: "default", pools: [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }] },
    });
    expect(record.id).toMatch(/^[0-9a-f]{64}$/);
    expect(plan({ enableIpv4: false, enableIpv6: true }).ipam.pools).toHaveLength(1);
    expect(plan({ enableIpv6: true }).ipam.pools).toHaveLength(2);
    expect(plan({ driver: "default" }).driver).toBe("bridge");
  });

  const MTU = "com.docker.network.driver.mtu";
  const rows: readonly (readonly [Partial<NetworkRequest>, ErrorKind, string])[] = [
    [{ name: "" }, "invalid", "invalid network name: name is empty"],
    [{ name: " \t" }, "invalid", "invalid network name: name is empty"],
    [{ name: "-x" }, "invalid", 'invalid network name "-x": only'],
    [{ name: "a/b" }, "invalid", 'invalid network name "a/b": only'],
    [{ name: "a\n" }, "invalid", 'invalid network name "a\\n": only'],
    [{ name: "host" }, "forbidden", "operation is not permitted on predefined host network"],
    [{ name: "default" }, "forbidden", "operation is not permitted on predefined default network"],
    [{ name: "taken" }, "conflict", "network with name taken already exists"],
    [{ driver: "host" }, "forbidden", 'only one instance of "host" network is allowed'],
    [{ driver: "null" }, "forbidden", 'only one instance of "null" network is allowed'],
    [{ driver: "overlay" }, "unavailable", "This node is not a swarm manager"],
    [{ driver: "weave" }, "not-found", 'plugin "weave" not found'],
    [{ ipam: { driver: "x", options: {}, pools: [] } }, "not-found", 'plugin "x" not found'],
    [{ enableIpv4: false }, "invalid", "IPv4 or IPv6 must be enabled"],
    [{ enableIpv6: true, options: { [MTU]: "1279" } }, "invalid", "IPv6 needs an MTU of at least"],
    [{ options: { [MTU]: "x" } }, "invalid", `invalid value "x" of network option "${MTU}"`],
    [
      { ipam: { driver: "", options: {}, pools: [pool({ subnet: "10.0.0.128/25" })] } },
      "forbidden",
      "Pool overlaps with other one on this address space",
    ],
  ];
  for (const [changes, kind, text] of rows) {
    testAsRoot(`refuses ${JSON.stringify(changes)}`, () => {
      let refusal: unknown;
      try {
        plan(changes);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(EngineError);
      expect((refusal as EngineError).kind).toBe(kind);
      expect((refusal as EngineError).message).toContain(text);
    });
  }

  testAsRoot("takes the names that Docker takes", () => {
    for (const name of ["a", "0", "A.b_c-d", "x".repeat(200), "none2"]) {
      expect(plan({ name }).name).toBe(name);
    }
  });
});
