import { expect, test } from "bun:test";
import { liveEndpoint, plainNetwork } from "../../../test/support/plain-network.ts";
import { deleteRoute, newAddress, newRoute } from "../../linux/rtnetlink-address.ts";
import { setLinkUp } from "../../linux/rtnetlink-link.ts";
import { planGateways, planLink } from "./link-plan.ts";

const route = (gateway: string, linkIndex: number) => ({
  destination: gateway.includes(":") ? "::" : "0.0.0.0",
  prefixLength: 0,
  gateway,
  linkIndex,
});

test("planLink() gives the link its addresses, then brings it up, without routes", () => {
  const endpoint = liveEndpoint(plainNetwork("n"), { linkLocal: ["169.254.9.9"] }, 2);
  expect(planLink(endpoint, { mtu: 1500, hasIpv6: false })).toEqual([
    newAddress({ linkIndex: 102, address: "10.0.0.2", prefixLength: 24 }),
    newAddress({ linkIndex: 102, address: "169.254.9.9", prefixLength: 16 }),
    setLinkUp({ index: 102 }),
  ]);
});

test("planGateways() leads each family by its own endpoint, and takes the same back", () => {
  const four = liveEndpoint(plainNetwork("four"), {}, 0);
  const six = liveEndpoint(plainNetwork("six", { subnets: ["fd00::/64"] }), {}, 1);
  const low = liveEndpoint(plainNetwork("a-low"), { gatewayPriority: -1 }, 2);
  const routes = [route("10.0.0.1", 100), route("fd00::1", 101)];
  expect(planGateways([low, six, four])).toEqual(routes.map(newRoute));
  expect(planGateways([low, six, four], { reverse: true })).toEqual(routes.map(deleteRoute));
});

test("planGateways() leads nowhere from internal networks", () => {
  const inner = liveEndpoint(plainNetwork("inner", { internal: true }));
  expect(planGateways([inner])).toEqual([]);
  expect(planGateways([])).toEqual([]);
});
