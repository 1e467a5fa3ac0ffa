import { expect, test } from "bun:test";
import { parseEndpoint } from "./endpoint.ts";

test.each([
  ["unix:///run/x.sock", { host: "unix:///run/x.sock", unix: "/run/x.sock" }],
  ["unix://", { unix: "/run/sampan/sampan.sock" }],
  ["tcp://10.0.0.1", { host: "tcp://10.0.0.1:2375", origin: "http://10.0.0.1:2375" }],
  ["tcp://[::1]:99", { origin: "http://[::1]:99" }],
  ["there:80", { host: "tcp://there:80", origin: "http://there:80" }],
  ["tcp://:5", { origin: "http://127.0.0.1:5" }],
  ["https://there", { origin: "https://there:2376" }],
])("parseEndpoint() reads %s", (host, expected) => {
  expect(parseEndpoint(host)).toMatchObject(expected);
});

test("parseEndpoint() goes to the TLS port, encrypted, where there are certificates", () => {
  expect(parseEndpoint("tcp://there", { verify: true }).origin).toBe("https://there:2376");
});

test.each(["bogus://x", "ssh://x", "tcp://a b", "tcp://a:99999", "tcp://a:1/path", "tcp://u@h"])(
  "parseEndpoint() refuses %s",
  (host) => {
    expect(() => parseEndpoint(host)).toThrow("invalid bind address format");
  },
);
