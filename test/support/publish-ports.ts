// A daemon's firewall in a process of its own, since its relay connects where the process is:
//
//   nsenter --net=… bun test/support/publish-ports.ts '{"networks": […], "ports": […]}'
//
// It says "ready", and ends with its input.

import { Firewall } from "../../src/network/firewall.ts";

const { networks, ports } = JSON.parse(process.argv[2] ?? "{}");
using firewall = new Firewall("sampan0");
for (const network of networks) firewall.addNetwork(network);
firewall.publish(ports);
firewall.ensure();
process.stdout.write("ready\n");
for await (const _ of Bun.stdin.stream()) {
  // Only its end is of interest.
}
process.exit();
