import { expect, test } from "bun:test";
import { join, plainNetwork } from "../../../test/support/plain-network.ts";
import { ContainerZone } from "./container-zone.ts";

const NO_LINKS: ReadonlyMap<string, string> = new Map();

function makeZone() {
  const front = plainNetwork("Front", { subnets: ["10.1.0.0/24", "fd01::/64"] });
  const back = plainNetwork("back", { subnets: ["10.2.0.0/24"] });
  join(front, "web", "www");
  join(back, "db", "www", "Store");
  join(back, "db2", "store");
  const links = new Map([["alias", "db"]]);
  const zone = new ContainerZone([
    { network: front, links: NO_LINKS },
    { network: back, links },
  ]);
  return { zone, front, back };
}

test("a name is looked for in one network after the other", () => {
  const { zone } = makeZone();
  expect(zone.lookup("web")).toEqual({ ipv4: ["10.1.0.2"], ipv6: ["fd01::2"] });
  expect(zone.lookup("www")?.ipv4).toEqual(["10.1.0.2"]);
  expect(zone.lookup("store")?.ipv4).toEqual(["10.2.0.2", "10.2.0.3"]);
  expect(zone.lookup("nobody")).toBeUndefined();
});

test("a name with its network's is looked for there alone, whatever the network's letters", () => {
  const { zone } = makeZone();
  expect(zone.lookup("www.back")?.ipv4).toEqual(["10.2.0.2"]);
  expect(zone.lookup("web.front")?.ipv4).toEqual(["10.1.0.2"]);
  expect(zone.lookup("web.back")).toBeUndefined();
  expect(zone.lookup(".back")).toBeUndefined();
});

test("a link is a name for one container alone", () => {
  const { zone, back } = makeZone();
  expect(zone.lookup("alias")?.ipv4).toEqual(["10.2.0.2"]);
  back.leave("id-of-db");
  expect(zone.lookup("alias")).toBeUndefined();
});

test("an address leads to a name and its network", () => {
  const { zone } = makeZone();
  expect(zone.reverse("10.2.0.3")).toBe("db2.back");
  expect(zone.reverse("fd01::2")).toBe("web.Front");
  expect(zone.reverse("10.2.0.9")).toBeUndefined();
});

test("what is known changes with the networks", () => {
  const { zone, back } = makeZone();
  zone.setNetworks([{ network: back, links: NO_LINKS }]);
  expect(zone.lookup("web")).toBeUndefined();
  expect(zone.lookup("alias")).toBeUndefined();
  expect(zone.lookup("db")?.ipv4).toEqual(["10.2.0.2"]);
});
