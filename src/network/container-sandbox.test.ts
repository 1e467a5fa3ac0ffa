import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { newBridge, newVeth } from "../linux/rtnetlink-create.ts";
import { ContainerSandbox } from "./container-sandbox.ts";

const ETH1 = 101;

test("a link that was removed is gone at both ends, and its place is free at once", async () => {
  using host = new NetworkNamespace();
  using container = new NetworkNamespace();
  using routes = host.run(() => new RouteSocket());
  using inside = container.run(() => new RouteSocket());
  using sandbox = new ContainerSandbox(container.fd);
  routes.send(newBridge({ name: "br0", mtu: 1500 }));
  const masterIndex = routes.findLink({ name: "br0" })?.index ?? 0;
  const macAddress = "02:42:0a:01:00:02";
  const peer = { name: "eth1", index: ETH1, macAddress, namespaceFd: container.fd };

  for (const index of [5000, 5001, 5002]) {
    const end = { name: `host${index}`, index, masterIndex };
    routes.send(newVeth({ host: end, peer, mtu: 1500 }));

    await sandbox.removeLink(ETH1);

    expect(inside.findLink({ index: ETH1 })).toBeUndefined();
    expect(routes.findLink({ index })).toBeUndefined();
  }
});

test("to remove a link that is not there is no error", async () => {
  using container = new NetworkNamespace();
  using sandbox = new ContainerSandbox(container.fd);

  await sandbox.removeLink(ETH1);
});
