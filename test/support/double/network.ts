import type { NetworkView } from "../../../src/engine/network-facade.ts";

/** A network with one container, as inspect shows it. */
export const NETWORK: NetworkView = {
  id: "n".repeat(64),
  name: "net",
  createdAt: "2026-01-02T03:04:05.000000006Z",
  driver: "bridge",
  enableIpv4: true,
  enableIpv6: false,
  internal: false,
  attachable: false,
  ipam: {
    driver: "default",
    options: {},
    pools: [
      { subnet: "10.5.0.0/16", range: "", gateway: "10.5.0.1", auxiliary: { r: "10.5.0.9" } },
    ],
  },
  options: { "com.docker.network.driver.mtu": "1400" },
  labels: { a: "b" },
  endpoints: {
    ["c".repeat(64)]: {
      containerName: "web",
      endpointId: "e".repeat(64),
      macAddress: "02:42:0a:05:00:02",
      ipv4: "10.5.0.2/16",
      ipv6: "",
    },
  },
};
