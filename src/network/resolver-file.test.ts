import { expect, test } from "bun:test";
import { checkResolverOptions, formatResolver, isSystemdStub } from "./resolver-file.ts";

const nothing = { dns: [], dnsSearch: [], dnsOptions: [] };
const HOST = `# made by hand
nameserver 10.0.0.53
nameserver 127.0.0.1
 nameserver   10.0.1.53 # second
domain old.example
search one.example two.example
options ndots:2
options edns0
sortlist 10.0.0.0
`;

test("a container gets what the host has, without servers on the host's own loopback", () => {
  expect(formatResolver(HOST, nothing)).toBe(
    [
      "nameserver 10.0.0.53",
      "nameserver 10.0.1.53",
      "search one.example two.example",
      "options ndots:2 edns0",
      "sortlist 10.0.0.0",
      "",
    ].join("\n"),
  );
});

test.each([
  ["", "an empty file"],
  ["nameserver 127.0.0.53\n", "systemd's stub"],
  ["nameserver ::1\nnameserver 127.8.8.8\n", "loopback"],
  ["nameserver fd00::53\nnameserver fe80::1%eth0\n", "IPv6 servers, which it cannot reach"],
  ["nameserver\nnameserver not-an-address\n", "nonsense"],
])("with only %j on the host (%s) a container gets Docker's fallback", (text) => {
  expect(formatResolver(text, nothing)).toBe("nameserver 8.8.8.8\nnameserver 8.8.4.4\n");
});

test("what a user asks for takes the place of what the host has, each by itself", () => {
  const asked = { dns: ["127.0.0.1", "fd00::1"], dnsSearch: ["x.example"], dnsOptions: ["rotate"] };

  expect(formatResolver(HOST, { ...nothing, dns: asked.dns })).toContain(
    "nameserver 127.0.0.1\nnameserver fd00::1\nsearch one.example",
  );
  expect(formatResolver(HOST, { ...nothing, dnsSearch: asked.dnsSearch })).toContain(
    "10.0.1.53\nsearch x.example\noptions ndots",
  );
  expect(formatResolver(HOST, { ...nothing, dnsOptions: asked.dnsOptions })).toContain(
    "two.example\noptions rotate\nsortlist",
  );
});

test("a search list of the root alone is none", () => {
  expect(formatResolver(HOST, { ...nothing, dnsSearch: ["."] })).not.toContain("search");
});

test.each([
  ["nameserver 127.0.0.53\nsearch x", true],
  ["nameserver 127.0.0.53\nnameserver 10.0.0.1", false],
  ["nameserver 127.0.0.1", false],
  ["", false],
])("%j is systemd's stub: %p", (text, expected) => {
  expect(isSystemdStub(text)).toBe(expected);
});

test.each([
  [{ ...nothing, dns: ["10.0.0.1\noptions x"] }, "bad nameserver address"],
  [{ ...nothing, dns: ["dns.example"] }, "bad nameserver address"],
  [{ ...nothing, dnsSearch: ["a\nnameserver 6.6.6.6"] }, "bad DNS search domain"],
  [{ ...nothing, dnsOptions: ["a b"] }, "bad DNS search domain or option"],
  [{ ...nothing, dnsOptions: [""] }, "bad DNS search domain or option"],
])("checkResolverOptions() refuses %j", (asked, message) => {
  expect(() => checkResolverOptions(asked)).toThrow(message);
  checkResolverOptions({ dns: ["10.0.0.1"], dnsSearch: ["."], dnsOptions: ["ndots:1"] });
});
