import { expect, test } from "bun:test";
import { EngineError } from "../../base/errors.ts";
import { type BridgeOptions, parseBridgeOptions } from "./bridge-options.ts";

const DEFAULTS: BridgeOptions = {
  bridge: "",
  icc: true,
  masquerade: true,
  hostBinding: "",
  gatewayMode: { ipv4: "nat", ipv6: "nat" },
  inhibitIpv4: false,
  hostAddress: { ipv4: "", ipv6: "" },
  interfacePrefix: "eth",
};
const B = "com.docker.network.bridge";
const N = "com.docker.network";

test("a network without options has Docker's defaults", () => {
  expect(parseBridgeOptions({})).toEqual(DEFAULTS);
});

test.each<[options: Readonly<Record<string, string>>, read: Partial<BridgeOptions>]>([
  [{ [`${B}.name`]: "br0" }, { bridge: "br0" }],
  [{ [`${B}.name`]: "" }, {}],
  [{ [`${B}.enable_icc`]: "false" }, { icc: false }],
  [{ [`${B}.enable_icc`]: "T" }, { icc: true }],
  [{ [`${B}.enable_ip_masquerade`]: "0" }, { masquerade: false }],
  [{ [`${B}.host_binding_ipv4`]: "127.0.0.1" }, { hostBinding: "127.0.0.1" }],
  [{ [`${B}.gateway_mode_ipv4`]: "routed" }, { gatewayMode: { ipv4: "routed", ipv6: "nat" } }],
  [{ [`${B}.gateway_mode_ipv6`]: "isolated" }, { gatewayMode: { ipv4: "nat", ipv6: "isolated" } }],
  [{ [`${B}.gateway_mode_ipv4`]: "" }, {}],
  [{ [`${B}.inhibit_ipv4`]: "true" }, { inhibitIpv4: true }],
  [{ [`${N}.driver.mtu`]: "1400" }, { mtu: 1400 }],
  [{ [`${N}.driver.mtu`]: "0" }, {}],
  [{ [`${N}.mtu`]: "9000" }, { mtu: 9000 }],
  [{ [`${N}.host_ipv4`]: "192.0.2.1" }, { hostAddress: { ipv4: "192.0.2.1", ipv6: "" } }],
  [{ [`${N}.host_ipv6`]: "2001:db8::1" }, { hostAddress: { ipv4: "", ipv6: "2001:db8::1" } }],
  [{ [`${N}.container_iface_prefix`]: "net" }, { interfacePrefix: "net" }],
  // Nobody's but the user's own.
  [{ "com.example.thing": "x", mine: "y" }, {}],
])("parseBridgeOptions() reads %j", (options, read) => {
  expect(parseBridgeOptions(options)).toEqual({ ...DEFAULTS, ...read });
});

test.each<[name: string, value: string]>([
  [`${B}.name`, "sixteen-letters-"],
  [`${B}.name`, "a/b"],
  [`${B}.name`, ".."],
  [`${B}.enable_icc`, "yes"],
  [`${B}.enable_icc`, ""],
  [`${B}.host_binding_ipv4`, "localhost"],
  [`${B}.gateway_mode_ipv4`, "bridge"],
  [`${N}.driver.mtu`, "67"],
  [`${N}.driver.mtu`, "65536"],
  [`${N}.driver.mtu`, "1e3"],
  [`${N}.driver.mtu`, "-1"],
  [`${N}.driver.mtu`, ""],
  [`${N}.host_ipv4`, "x"],
  [`${N}.container_iface_prefix`, ""],
  [`${N}.container_iface_prefix`, "a b"],
])("parseBridgeOptions() refuses %p to be %p", (name, value) => {
  expect(() => parseBridgeOptions({ [name]: value })).toThrow(
    `invalid value ${JSON.stringify(value)} of network option "${name}": want `,
  );
});

test("parseBridgeOptions() refuses an address of the other family", () => {
  for (const [name, value] of [
    [`${N}.host_ipv4`, "::1"],
    [`${N}.host_ipv6`, "192.0.2.1"],
  ] as const) {
    expect(() => parseBridgeOptions({ [name]: value })).toThrow(name);
  }
});

test("parseBridgeOptions() names an option of Docker's that is not there", () => {
  expect(() => parseBridgeOptions({ [`${B}.nope`]: "1" })).toThrow(
    new EngineError(
      "unimplemented",
      `this engine does not have the network option "${B}.nope" yet`,
    ),
  );
});
