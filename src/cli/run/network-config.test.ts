import { describe, expect, test } from "bun:test";
import { parseFlags } from "../flags/parse-flags.ts";
import { CONTAINER_FLAGS } from "./container-flags.ts";
import { toNetworkConfig } from "./network-config.ts";

function configOf(args: readonly string[]) {
  return toNetworkConfig(parseFlags(CONTAINER_FLAGS, args).values);
}

test("endpoints hold what was asked of each network, and flags count for the first", () => {
  const args = ["--network", "name=foo,alias=a,ip=1.2.3.4,driver-opt=a=b", "--network", "bar"];
  expect(configOf([...args, "--ip6", "::1"])).toEqual({
    mode: "foo",
    endpoints: {
      foo: {
        Aliases: ["a"],
        DriverOpts: { a: "b" },
        IPAMConfig: { IPv4Address: "1.2.3.4", IPv6Address: "::1" },
      },
      bar: {},
    },
  });
});

describe("endpoints of", () => {
  test.each<[string[], string, object]>([
    [
      ["--network", "name=a,mac-address=92:d0:c6:0a:29:33"],
      "a",
      { MacAddress: "92:d0:c6:0a:29:33" },
    ],
    [["--network", "name=a,gw-priority=-1"], "a", { GwPriority: -1 }],
    [
      ["--network", "a", "--net-alias", "x", "--link", "c:d"],
      "a",
      { Aliases: ["x"], Links: ["c:d"] },
    ],
    [["--network", 'name=a,"driver-opt=k=V=1,2"'], "a", { DriverOpts: { k: "V=1,2" } }],
    [["--ip", "10.0.0.1"], "default", { IPAMConfig: { IPv4Address: "10.0.0.1" } }],
    [
      ["--network", "a", "--link-local-ip", "169.254.1.1"],
      "a",
      { IPAMConfig: { LinkLocalIPs: ["169.254.1.1"] } },
    ],
    [
      ["--network", "bridge", "--mac-address", "92d0.c60a.2933"],
      "bridge",
      { MacAddress: "92d0.c60a.2933" },
    ],
  ])("%p", (args, network, endpoint) => {
    expect(configOf(args)).toEqual({ mode: network, endpoints: { [network]: endpoint } });
  });

  test("a network that is no list of fields is a name, whatever is in it", () => {
    expect(configOf(["--network", "name="])).toEqual({ mode: "name=", endpoints: {} });
  });
});
