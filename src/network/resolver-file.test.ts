import { expect, test } from "bun:test";
import {
  checkResolverOptions,
  formatResolver,
  isSystemdStub,
  planInternalResolver,
} from "./resolver-file.ts";

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

const OWN = "127.0.0.11";

test("a container that asks the daemon has it as its only server, and no dots to count", () => {
  expect(planInternalResolver("nameserver 10.0.0.53\nsearch one.example\n", nothing, OWN)).toEqual({
    text: [
      "nameserver 127.0.0.11",
      "search one.example",
      "options ndots:0",
      "",
      "# ExtServers: [10.0.0.53]",
      "",
    ].join("\n"),
    servers: undefined,
    forwardsSingleLabels: true,
  });
});

test("the servers behind it are named, those that only the host reaches as such", () => {
  const text = (host: string, dns: readonly string[] = []) =>
    planInternalResolver(host, { ...nothing, dns }, OWN)
      .text.split("\n")
      .at(-2);

  expect(text("nameserver 127.0.0.53\nnameserver ::1\nnameserver x\nnameserver 10.0.0.1\n")).toBe(
    "# ExtServers: [host(127.0.0.53) host(::1) 10.0.0.1]",
  );
  expect(text("", [])).toBe("# ExtServers: [8.8.8.8 8.8.4.4]");
  expect(text("nameserver 10.0.0.1\n", ["127.0.0.1"])).toBe("# ExtServers: [127.0.0.1]");
});

test("what a user asks for is asked of others by the daemon, and searched by the container", () => {
  const asked = { dns: ["10.0.0.9"], dnsSearch: ["x.example"], dnsOptions: ["rotate"] };

  expect(planInternalResolver(HOST, asked, OWN)).toEqual({
    text: [
      "nameserver 127.0.0.11",
      "search x.example",
      "options rotate ndots:0",
      "sortlist 10.0.0.0",
      "",
      "# ExtServers: [10.0.0.9]",
      "",
    ].join("\n"),
    servers: ["10.0.0.9"],
    forwardsSingleLabels: true,
  });
});

test.each([
  [["ndots:2"], "options ndots:2", false],
  [["ndots:0"], "options ndots:0", false],
  [["ndots:x"], "options ndots:0", true],
  [["ndots"], "options ndots:0", true],
  [["ndots:-1", "edns0"], "options edns0 ndots:0", true],
])("the options %j become %p", (dnsOptions, line, forwardsSingleLabels) => {
  const plan = planInternalResolver("", { ...nothing, dnsOptions }, OWN);

  expect(plan.text).toContain(`${line}\n`);
  expect(plan.forwardsSingleLabels).toBe(forwardsSingleLabels);
});
