import { expect, test } from "bun:test";
import { parseExtraHost } from "./extra-host.ts";
import { formatHostname, formatHosts, type HostNames } from "./host-files.ts";

const names: HostNames = {
  hostname: "web",
  domainname: "",
  addresses: ["172.17.0.2"],
  extraHosts: [],
  links: [],
  hostGateway: "172.17.0.1",
  hasIpv6: true,
};

test("/etc/hosts has the loopbacks, then extra hosts, then the container itself", () => {
  const extraHosts = ["db:10.0.0.9", "outside:host-gateway", "six:[fd00::1]"].map(parseExtraHost);

  expect(formatHosts({ ...names, extraHosts }).split("\n")).toEqual([
    "127.0.0.1\tlocalhost",
    "::1\tlocalhost ip6-localhost ip6-loopback",
    "fe00::\tip6-localnet",
    "ff00::\tip6-mcastprefix",
    "ff02::1\tip6-allnodes",
    "ff02::2\tip6-allrouters",
    "10.0.0.9\tdb",
    "172.17.0.1\toutside",
    "fd00::1\tsix",
    "172.17.0.2\tweb",
    "",
  ]);
});

test("/etc/hosts has no IPv6 lines where the kernel has no IPv6, and no own line without a network", () => {
  expect(formatHosts({ ...names, addresses: [], hasIpv6: false })).toBe("127.0.0.1\tlocalhost\n");
});

test.each([
  ["web", "", "web"],
  ["web", "example.com", "web.example.com web"],
  ["web.example.com", "", "web.example.com web"],
])("the names of %p in domain %p are %p", (hostname, domainname, expected) => {
  const last = formatHosts({ ...names, hostname, domainname })
    .trimEnd()
    .split("\n")
    .at(-1);

  expect(last).toBe(`172.17.0.2\t${expected}`);
});

test("/etc/hostname is one line", () => {
  expect(formatHostname("web")).toBe("web\n");
});

test.each([
  ["", "bad format"],
  ["db", "bad format"],
  [":10.0.0.9", "bad format"],
  ["a b:10.0.0.9", "bad format"],
  ["a\n6.6.6.6 bank:10.0.0.9", "bad format"],
  ["#a:10.0.0.9", "bad format"],
  ["db:", "invalid IP address in add-host"],
  ["db:10.0.0", "invalid IP address in add-host"],
  ["db:10.0.0.9\n6.6.6.6 bank", "invalid IP address in add-host"],
  ["db:[10.0.0.9", "invalid IP address in add-host"],
])("parseExtraHost() refuses %j", (text, message) => {
  expect(() => parseExtraHost(text)).toThrow(message);
});
