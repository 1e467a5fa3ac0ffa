import { describe, expect, test } from "bun:test";
import { type PortBindings, parsePorts } from "./ports.ts";

test("ports are published one by one, with ranges and their container's side exposed", () => {
  const published = ["80-81:80-81", "90-95:9/udp", "[::1]:5:6"];
  const { bindings, exposed } = parsePorts(published, ["7-8/sctp"]);
  expect(bindings).toEqual({
    "80/tcp": [{ HostIp: "", HostPort: "80" }],
    "81/tcp": [{ HostIp: "", HostPort: "81" }],
    "9/udp": [{ HostIp: "", HostPort: "90-95" }],
    "6/tcp": [{ HostIp: "::1", HostPort: "5" }],
  });
  expect(Object.keys(exposed)).toEqual(["80/tcp", "81/tcp", "9/udp", "6/tcp", "7/sctp", "8/sctp"]);
});

describe("-p", () => {
  test.each<[string[], PortBindings]>([
    [["80"], { "80/tcp": [{ HostIp: "", HostPort: "" }] }],
    [["8080:80/UDP"], { "80/udp": [{ HostIp: "", HostPort: "8080" }] }],
    [["127.0.0.1::80"], { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] }],
    [["[::]:8080:80/sctp"], { "80/sctp": [{ HostIp: "::", HostPort: "8080" }] }],
    [["::1:8080:80"], { "80/tcp": [{ HostIp: "::1", HostPort: "8080" }] }],
    [["8080-8090:80"], { "80/tcp": [{ HostIp: "", HostPort: "8080-8090" }] }],
    [
      ["80-81/udp"],
      { "80/udp": [{ HostIp: "", HostPort: "" }], "81/udp": [{ HostIp: "", HostPort: "" }] },
    ],
    [["080:80"], { "80/tcp": [{ HostIp: "", HostPort: "80" }] }],
    [["80/"], { "80/tcp": [{ HostIp: "", HostPort: "" }] }],
    [
      ["published=8080,target=80,protocol=udp,mode=host"],
      { "80/udp": [{ HostIp: "", HostPort: "8080" }] },
    ],
    [
      ["80:80", "127.0.0.1:80:80"],
      {
        "80/tcp": [
          { HostIp: "", HostPort: "80" },
          { HostIp: "127.0.0.1", HostPort: "80" },
        ],
      },
    ],
  ])("%p", (published, bindings) => {
    expect(parsePorts(published, []).bindings).toEqual(bindings);
  });
});
