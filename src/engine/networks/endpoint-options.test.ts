import { expect, test } from "bun:test";
import { parseEndpointOptions } from "./endpoint-options.ts";

const SYSCTLS = "com.docker.network.endpoint.sysctls";
const IFNAME = "com.docker.network.endpoint.ifname";

test("parseEndpointOptions() reads sysctls as paths, and the link's name", () => {
  const options = {
    [SYSCTLS]: "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.conf.IFNAME.accept_ra=0",
    [IFNAME]: "wan0",
    mine: "x",
  };
  expect(parseEndpointOptions(options)).toEqual({
    sysctls: [
      { path: "net/ipv4/conf/IFNAME/log_martians", value: "1" },
      { path: "net/ipv6/conf/IFNAME/accept_ra", value: "0" },
    ],
    interfaceName: "wan0",
  });
  expect(parseEndpointOptions({})).toEqual({ sysctls: [], interfaceName: "" });
});

test.each([
  "net.ipv4.conf.eth0.log_martians=1",
  "net.ipv4.conf.IFNAME/../all.log_martians=1",
  "net/ipv4/conf/IFNAME/log_martians=1",
  "net.ipv4.ip_forward=1",
  "kernel.hostname=x",
  "net.ipv4.conf.IFNAME.log_martians",
  "net.ipv4.conf.IFNAME.log_martians=1,",
  "=1",
])("parseEndpointOptions() refuses the sysctl %p", (text) => {
  expect(() => parseEndpointOptions({ [SYSCTLS]: text })).toThrow(/sysctl/);
});

test.each(["lo", "a/b", "..", "a b", "sixteen-letters-"])(
  "parseEndpointOptions() refuses the name %p of a link",
  (name) => {
    expect(() => parseEndpointOptions({ [IFNAME]: name })).toThrow(
      `invalid interface name ${JSON.stringify(name)}`,
    );
  },
);

test("parseEndpointOptions() names an option of Docker's that is not there", () => {
  expect(() => parseEndpointOptions({ "com.docker.network.x": "1" })).toThrow(
    'this engine does not have the endpoint option "com.docker.network.x" yet',
  );
});
