import { describe, expect, test } from "bun:test";
import { plainEndpoint } from "../../engine/networks/endpoint-plan.ts";
import { NEWEST } from "../version.ts";
import { decodeCreate } from "./create-body.ts";
import { Fields } from "./fields.ts";

function decode(body: object) {
  const fields = Fields.of({ Image: "busybox", ...body }, "ContainerConfig");
  return decodeCreate(fields, { name: "", platform: "", version: NEWEST });
}

describe("networks", () => {
  test("an endpoint has all that was asked of it", () => {
    const asked = {
      IPAMConfig: {
        IPv4Address: "10.1.0.9",
        IPv6Address: "fd00::9",
        LinkLocalIPs: ["169.254.1.1"],
      },
      Aliases: ["a"],
      Links: ["c:d"],
      MacAddress: "02:00:00:00:00:01",
      DriverOpts: { k: "v" },
      GwPriority: 3,
      IPAddress: "10.1.0.7",
    };
    const { config } = decode({
      HostConfig: { NetworkMode: "mine" },
      NetworkingConfig: { EndpointsConfig: { mine: asked, other: {} } },
    });
    expect(config.host.network).toEqual({ kind: "network", network: "mine" });
    expect(config.endpoints).toEqual([
      {
        network: "mine",
        ipv4: "10.1.0.9",
        ipv6: "fd00::9",
        linkLocal: ["169.254.1.1"],
        aliases: ["a"],
        links: ["c:d"],
        macAddress: "02:00:00:00:00:01",
        driverOptions: { k: "v" },
        gatewayPriority: 3,
      },
      plainEndpoint("other"),
    ]);
  });

  test("the container's MAC address is that of its first network", () => {
    const { config } = decode({ MacAddress: "02:00:00:00:00:01" });
    expect(config.endpoints).toEqual([
      { ...plainEndpoint("bridge"), macAddress: "02:00:00:00:00:01" },
    ]);
  });

  test("ports are published one by one, each where it was asked", () => {
    const { config } = decode({
      HostConfig: {
        PortBindings: {
          "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }, { HostPort: "8090-8092" }],
          "53/udp": null,
          90: [],
        },
        PublishAllPorts: true,
      },
    });
    expect(config.host.publishAll).toBe(true);
    const any = { first: 0, last: 0 };
    expect(config.host.publish).toEqual([
      { containerPort: 90, protocol: "tcp", hostAddress: "", hostPorts: any },
      {
        containerPort: 80,
        protocol: "tcp",
        hostAddress: "127.0.0.1",
        hostPorts: { first: 8080, last: 8080 },
      },
      {
        containerPort: 80,
        protocol: "tcp",
        hostAddress: "",
        hostPorts: { first: 8090, last: 8092 },
      },
      { containerPort: 53, protocol: "udp", hostAddress: "", hostPorts: any },
    ]);
  });
});
