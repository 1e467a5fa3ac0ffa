import { expect, test } from "bun:test";
import type { Filters } from "../filters.ts";
import type { Event } from "../system-facade.ts";
import { compileEventFilters } from "./event-filters.ts";

const subjects = { container: containerEvent(), image: imageEvent() };

function containerEvent(): Event {
  return {
    type: "container",
    action: "exec_create: /bin/sh -c true",
    actorId: "abcdef0123456789",
    attributes: { name: "web", image: "busybox:1.36", tier: "front", empty: "" },
    timeNs: 1n,
  };
}

function imageEvent(): Event {
  return {
    type: "image",
    action: "tag",
    actorId: "sha256:123",
    attributes: { name: "registry:5000/busybox:1.36" },
    timeNs: 1n,
  };
}

test.each<["container" | "image", Filters, boolean]>([
  ["container", {}, true],
  ["container", { type: ["container"] }, true],
  ["container", { type: ["image"] }, false],
  ["container", { type: ["image", "container"] }, true],
  ["container", { type: ["container"], event: ["die"] }, false],
  ["container", { event: ["exec_create"] }, true],
  ["container", { event: ["exec_create: /bin/sh -c true"] }, true],
  ["container", { event: ["exec"] }, false],
  ["container", { event: ["exec_start"] }, false],
  ["container", { container: ["web"] }, true],
  ["container", { container: ["we"] }, true],
  ["container", { container: ["abcdef"] }, true],
  ["container", { container: ["bcdef"] }, false],
  ["container", { network: ["web"] }, false],
  ["container", { image: ["busybox:1.36"] }, true],
  ["container", { image: ["busybox"] }, true],
  ["container", { image: ["busy"] }, false],
  ["container", { label: ["tier"] }, true],
  ["container", { label: ["tier=front"] }, true],
  ["container", { label: ["tier=back"] }, false],
  ["container", { label: ["empty="] }, true],
  ["container", { label: ["toString"] }, false],
  ["container", { scope: ["local"] }, true],
  ["container", { scope: ["swarm"] }, false],
  ["image", { image: ["registry:5000/busybox"] }, true],
  ["image", { image: ["sha256:123"] }, true],
  ["image", { image: ["registry"] }, false],
  ["image", { container: ["registry"] }, false],
])("a %s event passes %p: %p", (subject, filters, expected) => {
  expect(compileEventFilters(filters)(subjects[subject])).toBe(expected);
});

test.each(["colour", "__proto__", "constructor"])("the filter %p is refused", (key) => {
  expect(() => compileEventFilters({ [key]: ["x"] })).toThrow(`invalid filter '${key}'`);
});
