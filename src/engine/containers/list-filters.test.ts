import { expect, test } from "bun:test";
import { containerConfig, imageConfig } from "../../../test/support/container-config.ts";
import type { Filters } from "../filters.ts";
import { plainEndpoint } from "../networks/endpoint-plan.ts";
import { combineConfig } from "../spec/effective.ts";
import { compileListFilters } from "./list-filters.ts";
import { type ContainerRecord, CREATED, NO_ENDPOINT } from "./record.ts";

const config = containerConfig({
  command: ["true"],
  labels: { a: "1", b: "2" },
  exposedPorts: ["80/tcp", "53/udp"],
});
const record: ContainerRecord = {
  id: "abcdef".padEnd(64, "0"),
  name: "web-1",
  imageId: "sha256:image",
  createdAt: "2026-01-02T00:00:00.000000000Z",
  config,
  effective: combineConfig(config, imageConfig(), "web"),
  mounts: [
    {
      kind: "volume",
      source: "stuff",
      directory: "/d",
      anonymous: false,
      target: "/v",
      readonly: false,
      noCopy: false,
      mode: "",
      via: "binds",
    },
  ],
  userNamespace: "host",
  endpoints: [
    { network: "net", networkId: "net0", request: plainEndpoint("net"), live: NO_ENDPOINT },
  ],
  chosenPorts: [],
  state: { ...CREATED, status: "exited", exitCode: 3 },
  restartCount: 0,
};
const lookups = {
  createdAt: (ref: string) => `2026-01-0${ref}T00:00:00.000000000Z`,
  imageId: (ref: string) => (ref === "image" ? "sha256:image" : undefined),
};

test.each<[Filters, boolean]>([
  [{}, true],
  [{ ancestor: ["image"] }, true],
  [{ ancestor: ["other"] }, false],
  [{ ancestor: ["other", "image"] }, true],
  [{ before: ["3"] }, true],
  [{ before: ["2"] }, false],
  [{ since: ["1"] }, true],
  [{ since: ["2"] }, false],
  [{ exited: ["3"] }, true],
  [{ exited: ["0", "3"] }, true],
  [{ exited: ["0"] }, false],
  [{ expose: ["80"] }, true],
  [{ expose: ["79-81/tcp"] }, true],
  [{ expose: ["53"] }, false],
  [{ expose: ["53/udp"] }, true],
  [{ publish: ["80"] }, false],
  [{ health: ["none"] }, true],
  [{ health: ["healthy"] }, false],
  [{ id: ["abc"] }, true],
  [{ id: ["bcd"] }, true],
  [{ id: ["^bcd"] }, false],
  [{ "is-task": ["false"] }, true],
  [{ "is-task": ["true"] }, false],
  [{ name: ["web"] }, true],
  [{ name: ["/web-1"] }, true],
  [{ name: ["^web-\\d$"] }, true],
  [{ name: ["^/web-1$"] }, true],
  [{ name: ["^/eb"] }, false],
  [{ name: ["^eb"] }, false],
  [{ name: ["("] }, false],
  [{ label: ["a"] }, true],
  [{ label: ["a=1", "b=2"] }, true],
  [{ label: ["a=1", "b=1"] }, false],
  [{ label: ["toString"] }, false],
  [{ network: ["net"] }, true],
  [{ network: ["net"] }, true],
  [{ network: ["none"] }, false],
  [{ status: ["exited"] }, true],
  [{ status: ["running"] }, false],
  [{ volume: ["stuff"] }, true],
  [{ volume: ["/v"] }, true],
  [{ volume: ["/d"] }, false],
  [{ name: ["web"], status: ["running"] }, false],
])("the filters %p let the container through: %p", (filters, expected) => {
  expect(compileListFilters(filters, lookups)(record)).toBe(expected);
});

test.each<[Filters, string]>([
  [{ colour: ["red"] }, "invalid filter 'colour'"],
  [{ constructor: ["x"] }, "invalid filter 'constructor'"],
  [{ status: ["fine"] }, "invalid filter 'status=fine'"],
  [{ exited: ["x"] }, "invalid filter 'exited=x'"],
  [{ "is-task": ["x"] }, "invalid filter 'is-task=x'"],
  [{ expose: ["x"] }, 'invalid port specification: "x"'],
])("the filters %p are refused", (filters, message) => {
  const matches = () => compileListFilters(filters, lookups)(record);

  expect(matches).toThrow(message);
});
