import { expect, test } from "bun:test";
import type { PublishedPort } from "./published-port.ts";
import { PublishedPorts } from "./published-ports.ts";

const web: PublishedPort = {
  protocol: "tcp",
  hostAddress: "0.0.0.0",
  hostPort: 8080,
  bridge: "br0",
  address: "10.1.0.2",
  port: 80,
};
const web6: PublishedPort = { ...web, hostAddress: "::" };

function setsOf(filling: readonly (readonly [string, unknown])[] | undefined) {
  return filling?.map(([set]) => set);
}

test("a port adds its elements once, and takes the same ones away", () => {
  const ports = new PublishedPorts(() => false);

  expect(setsOf(ports.add(web))).toEqual(["ports4"]);
  expect(setsOf(ports.add(web6))).toEqual(["relayed"]);
  expect(ports.add({ ...web6, hostAddress: "0:0::0" })).toBeUndefined();
  expect(ports.find(web)).toEqual(web);
  expect(setsOf(ports.delete(web))).toEqual(["ports4"]);
  expect(ports.delete(web)).toEqual([]);
  expect(ports.find(web)).toBeUndefined();
  expect(ports.fill()).toHaveLength(1);
});

test("a port of the host leads to one place", () => {
  const ports = new PublishedPorts(() => false);
  ports.add(web);

  expect(() => ports.add({ ...web, address: "10.1.0.3" })).toThrow("port is already allocated");
  expect(ports.delete({ ...web, address: "10.1.0.3" })).toEqual([]);
  expect(ports.find(web)).toEqual(web);
});

test("the samples are one element of each set that holds any", () => {
  const ports = new PublishedPorts(({ bridge }) => bridge === "routed0");
  for (let hostPort = 8000; hostPort < 9000; hostPort += 1) {
    ports.add({ ...web, hostPort });
    ports.add({ ...web6, hostPort });
  }
  ports.add({ ...web, hostPort: 9000, bridge: "routed0", address: "10.2.0.2" });
  ports.add({ ...web, hostPort: 9001, hostAddress: "192.0.2.1" });

  expect(setsOf(ports.samples())?.toSorted()).toEqual(["open4", "ports4", "ports4-at", "relayed"]);

  ports.delete({ ...web, hostPort: 9001, hostAddress: "192.0.2.1" });
  expect(setsOf(ports.samples())?.toSorted()).toEqual(["open4", "ports4", "relayed"]);
  expect(ports.listOf("routed0")).toHaveLength(1);
});

test("a container's port that several of the host open is closed with the last", () => {
  const ports = new PublishedPorts(() => true);

  expect(setsOf(ports.add(web))).toEqual(["open4"]);
  expect(ports.add({ ...web, hostPort: 8081 })).toEqual([]);
  expect(ports.delete(web)).toEqual([]);
  expect(setsOf(ports.delete({ ...web, hostPort: 8081 }))).toEqual(["open4"]);
});

test("ports of many containers come and go, and each leads where it should", () => {
  const ports = new PublishedPorts(() => false);
  const portOf = (container: number, number: number) => ({
    ...web,
    address: `10.1.0.${container}`,
    hostPort: container * 1000 + number,
    port: 65_535 - number,
  });
  const add = (container: number) => {
    for (let number = 0; number < 3; number += 1) ports.add(portOf(container, number));
  };
  for (const container of [2, 3, 4]) add(container);
  for (const number of [0, 1, 2]) ports.delete(portOf(3, number));
  for (const container of [5, 6]) add(container);

  for (const container of [2, 4, 5, 6]) {
    expect(ports.find(portOf(container, 2))).toEqual(portOf(container, 2));
  }
  expect(ports.find(portOf(3, 0))).toBeUndefined();
  expect(ports.listOf("br0")).toHaveLength(12);
});
