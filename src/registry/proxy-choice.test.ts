import { expect, test } from "bun:test";
import { chooseProxy } from "./proxy-choice.ts";

const PROXIES = { http: "http://plain:1", https: "secure:2" };

test.each<[string, string, string | undefined]>([
  ["http://host.test/", "", "http://plain:1/"],
  ["https://host.test/", "", "http://secure:2/"],
  ["https://localhost:5000/", "", undefined],
  ["https://127.1.2.3/", "", undefined],
  ["https://[::1]:5000/", "", undefined],
  ["https://host.test/", "*", undefined],
  ["https://host.test/", "host.test", undefined],
  ["https://host.test/", " other , HOST.test ", undefined],
  ["https://a.host.test/", "host.test", undefined],
  ["https://ahost.test/", "host.test", "http://secure:2/"],
  ["https://host.test/", ".host.test", "http://secure:2/"],
  ["https://a.host.test/", ".host.test", undefined],
  ["https://a.host.test/", "*.host.test", undefined],
  ["https://host.test/", "host.test:443", undefined],
  ["https://host.test/", "host.test:80", "http://secure:2/"],
  ["http://host.test:5000/", "host.test:5000", undefined],
  ["https://10.1.2.3/", "10.0.0.0/8", undefined],
  ["https://11.1.2.3/", "10.0.0.0/8", "http://secure:2/"],
  ["https://10.1.2.3/", "10.1.2.3", undefined],
  ["https://10.1.2.3:5000/", "10.1.2.3:5000", undefined],
  ["https://10.1.2.3:5000/", "10.1.2.3:5001", "http://secure:2/"],
  ["https://[fd00::5]/", "fd00::/8", undefined],
  ["https://[fd00::5]/", "fd00:0::5", undefined],
  ["https://[fd00::5]:5000/", "[fd00::5]:5000", undefined],
  ["https://[fd00::5]:5000/", "[fd00::5]:5001", "http://secure:2/"],
  ["https://10.host.test/", "10.0.0.0/8", "http://secure:2/"],
])("%s, except %j, goes by %j", (url, no, wanted) => {
  expect(chooseProxy(new URL(url), { ...PROXIES, no })?.href).toBe(wanted);
});

test("without a proxy for the scheme there is none", () => {
  expect(chooseProxy(new URL("http://host.test/"), { https: "secure:2" })).toBeUndefined();
  expect(chooseProxy(new URL("http://host.test/"), { http: "" })).toBeUndefined();
});

test("a proxy that is not of HTTP is refused, and its password not told", () => {
  const proxies = { http: "socks5://user:secret@host:1" };
  expect(() => chooseProxy(new URL("http://host.test/"), proxies)).toThrow(
    /^Cannot use the proxy: want its URL as http:\/\/host:port or https:\/\/host:port$/,
  );
});
