import { expect, test } from "bun:test";
import { plainNetwork } from "../../../test/support/plain-network.ts";
import type { EndpointRequest } from "../model.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { plainEndpoint } from "./endpoint-plan.ts";
import type { Network } from "./network.ts";

const own = plainNetwork("own", { subnets: ["10.0.0.0/24", "fd00::/64"] });
const chosen = plainNetwork("chosen");
const unasked = plainNetwork("unasked", { isStatic: false });
const predefined = plainNetwork("bridge", { isPredefined: true });
const asking = (request: Partial<EndpointRequest>) => ({ ...plainEndpoint("n"), ...request });

test.each<[string, Network | undefined, Partial<EndpointRequest>]>([
  ["nothing", predefined, {}],
  ["an address of its subnet", own, { ipv4: "10.0.0.77" }],
  ["one of both families", own, { ipv4: "10.0.0.77", ipv6: "fd00::77" }],
  ["aliases", own, { aliases: ["x"] }],
  ["a MAC address", predefined, { macAddress: "02:42:00:00:00:01" }],
  ["one with dashes", own, { macAddress: "02-42-00-00-00-01" }],
  ["one with dots", own, { macAddress: "0242.0000.0001" }],
  ["link-local addresses", own, { linkLocal: ["169.254.1.1", "fe80::1"] }],
  ["an address of a network that is not there yet", undefined, { ipv4: "10.9.9.9" }],
])("checkEndpoint() takes %s", (_, network, request) => {
  expect(() => checkEndpoint(network, asking(request))).not.toThrow();
});

const ON_USER_NETWORKS = "user specified IP address is supported on user defined networks only";
const WITH_SUBNETS =
  "user specified IP address is supported only when connecting to networks with user configured subnets";

test.each<[Network | undefined, Partial<EndpointRequest>, string]>([
  [predefined, { ipv4: "10.0.0.77" }, ON_USER_NETWORKS],
  [predefined, { ipv6: "fd00::77" }, ON_USER_NETWORKS],
  [predefined, { aliases: ["x"] }, "network-scoped aliases are only supported for user-defined"],
  [unasked, { ipv4: "10.0.0.77" }, WITH_SUBNETS],
  [chosen, { ipv6: "fd00::77" }, WITH_SUBNETS],
  [own, { ipv4: "10.0.1.77" }, "no configured subnet or ip-range contain the IP address 10.0.1.77"],
  [own, { ipv4: "x" }, "invalid IPv4 address: x"],
  [own, { ipv4: "fd00::1" }, "invalid IPv4 address: fd00::1"],
  [own, { ipv6: "10.0.0.1" }, "invalid IPv6 address: 10.0.0.1"],
  [undefined, { ipv6: "x" }, "invalid IPv6 address: x"],
  [own, { linkLocal: ["x"] }, "invalid link-local IP address: x"],
  [own, { macAddress: "01:42:00:00:00:01" }, "invalid MAC address: 01:42:00:00:00:01"],
  [own, { macAddress: "ff-ff-ff-ff-ff-ff" }, "invalid MAC address"],
  [own, { macAddress: "0000.0000.0000" }, "invalid MAC address"],
  [own, { macAddress: "02:42" }, "invalid MAC address: 02:42"],
  [own, { macAddress: "02:42:00:00:00:zz" }, "invalid MAC address: 02:42:00:00:00:zz"],
  [own, { macAddress: "02:42-00:00:00:01" }, "invalid MAC address"],
])("checkEndpoint() refuses %#: %j", (network, request, text) => {
  expect(() => checkEndpoint(network, asking(request))).toThrow(
    `invalid config for network ${network?.name ?? "n"}: invalid endpoint settings:\n* ${text}`,
  );
});

test("checkEndpoint() tells all that is wrong, and reads the driver's options", () => {
  expect(() => checkEndpoint(own, asking({ ipv4: "x", macAddress: "y" }))).toThrow(
    "* invalid IPv4 address: x\n* invalid MAC address: y",
  );
  const driverOptions = { "com.docker.network.endpoint.ifname": "a/b" };
  expect(() => checkEndpoint(own, asking({ driverOptions }))).toThrow("invalid interface name");
});
