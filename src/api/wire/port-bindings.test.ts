import { describe, expect, test } from "bun:test";
import type { PortRequest } from "../../engine/model.ts";
import { Fields } from "./fields.ts";
import {
  decodePortBindings,
  decodePortChange,
  expandPort,
  type PortMapJson,
  toPortBindings,
} from "./port-bindings.ts";

const decode = (map: object) => decodePortBindings(Fields.of(map, "PortBindings"));
const port = (changes: Partial<PortRequest> = {}): PortRequest => ({
  containerPort: 80,
  protocol: "tcp",
  hostAddress: "",
  hostPorts: { first: 0, last: 0 },
  ...changes,
});

describe("decodePortBindings()", () => {
  test.each<[map: object, ports: readonly PortRequest[]]>([
    [{}, []],
    [{ "80/tcp": [] }, [port()]],
    [{ "80/tcp": null }, [port()]],
    [{ "80": [{}] }, [port()]],
    [
      { "80/UDP": [{ HostPort: "53" }] },
      [port({ protocol: "udp", hostPorts: { first: 53, last: 53 } })],
    ],
    [
      { "80/sctp": [{ HostIp: "::1", HostPort: "1-9" }] },
      [port({ protocol: "sctp", hostAddress: "::1", hostPorts: { first: 1, last: 9 } })],
    ],
    [
      { "80/tcp": [{ HostPort: "1" }, { HostPort: "2" }], "81/tcp": [{ HostPort: "0" }] },
      [
        port({ hostPorts: { first: 1, last: 1 } }),
        port({ hostPorts: { first: 2, last: 2 } }),
        port({ containerPort: 81 }),
      ],
    ],
  ])("reads %j", (map, ports) => {
    expect(decode(map)).toEqual(ports);
  });

  test.each([
    { "": [{}] },
    { "0/tcp": [{}] },
    { "65536/tcp": [{}] },
    { "80/icmp": [{}] },
    { "80/tcp/x": [{}] },
    { "80-81/tcp": [{}] },
    { " 80": [{}] },
    { "80/tcp": [{ HostPort: "x" }] },
    { "80/tcp": [{ HostPort: "-1" }] },
    { "80/tcp": [{ HostPort: "65536" }] },
    { "80/tcp": [{ HostPort: "9-1" }] },
    { "80/tcp": [{ HostPort: "1-" }] },
    { "80/tcp": [{ HostPort: 80 }] },
    { "80/tcp": [{ HostIp: "localhost" }] },
    { "80/tcp": [{ HostIp: "1.2.3" }] },
    { "80/tcp": {} },
    { "80/tcp": ["x"] },
  ])("refuses %j", (map) => {
    expect(() => decode(map)).toThrow(/invalid|PortBindings/i);
  });
});

test("toPortBindings() shows what decodePortBindings() read", () => {
  const map: PortMapJson = {
    "80/tcp": [
      { HostIp: "", HostPort: "" },
      { HostIp: "127.0.0.1", HostPort: "8000-8010" },
    ],
    "53/udp": [{ HostIp: "::", HostPort: "53" }],
  };
  expect(toPortBindings(decode(map))).toEqual(map);
});

test("decodePortChange() reads both lists", () => {
  const body = { PublishAdd: { "80/tcp": [{ HostPort: "1" }] }, publishRemove: { "81/udp": [] } };
  expect(decodePortChange(Fields.of(body, "UpdateConfig"))).toEqual({
    add: [port({ hostPorts: { first: 1, last: 1 } })],
    remove: [port({ containerPort: 81, protocol: "udp" })],
  });
});

test.each([
  ["80/tcp", ["80/tcp"]],
  ["80", ["80/tcp"]],
  ["80-82/udp", ["80/udp", "81/udp", "82/udp"]],
])("expandPort() of %p is %j", (text, ports) => {
  expect(expandPort(text)).toEqual(ports);
});
