import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { type EndpointRecord, NO_ENDPOINT } from "../engine/containers/record.ts";
import { plainEndpoint } from "../engine/networks/endpoint-plan.ts";
import { MIGRATIONS } from "./migrations.ts";
import { NETWORKS_MIGRATION } from "./network-migration.ts";

const BRIDGE_ID = "b".repeat(64);
const LIVE = {
  endpointId: "e".repeat(64),
  address: "172.17.0.2",
  prefixLength: 16,
  gateway: "172.17.0.1",
  macAddress: "02:42:ac:11:00:02",
};

/** A database of the version before, with a container of this mode, migrated. */
function migrate(network: object, endpoint?: object, config: object = {}) {
  using db = new Database(":memory:");
  const at = MIGRATIONS.indexOf(NETWORKS_MIGRATION);
  for (const step of MIGRATIONS.slice(0, at)) db.run(step);
  db.run("INSERT INTO settings VALUES ('bridge-id', ?)", [BRIDGE_ID]);
  const document = {
    config: { image: "busybox", ...config, host: { network, extraHosts: ["a:1.2.3.4"] } },
    ...(endpoint === undefined ? {} : { endpoint }),
    state: { status: endpoint === undefined ? "exited" : "running", pid: 7 },
  };
  db.run("INSERT INTO containers VALUES ('c', 'web', 'i', 't', 'running', ?)", [
    JSON.stringify(document),
  ]);
  for (const step of MIGRATIONS.slice(at)) db.run(step);
  expect(db.query("SELECT count(*) AS count FROM networks").get()).toEqual({ count: 0 });
  const { document: migrated } = db
    .query<{ document: string }, []>("SELECT document FROM containers")
    .get() ?? { document: "" };
  return JSON.parse(migrated);
}

function endpoint(network: string, changes: Partial<EndpointRecord> = {}): EndpointRecord {
  return { network, networkId: "", request: plainEndpoint(network), live: NO_ENDPOINT, ...changes };
}

test("a container on the bridge keeps its place there, as one of several that it could have", () => {
  const document = migrate({ kind: "bridge" }, LIVE);
  const { endpointId, macAddress, ...address } = LIVE;
  expect(document).toEqual({
    config: {
      image: "busybox",
      endpoints: [],
      host: {
        network: { kind: "network", network: "bridge" },
        extraHosts: ["a:1.2.3.4"],
        publish: [],
        publishAll: false,
        links: [],
      },
    },
    state: { status: "running", pid: 7 },
    chosenPorts: [],
    endpoints: [
      endpoint("bridge", {
        networkId: BRIDGE_ID,
        live: {
          endpointId,
          place: 0,
          interfaceName: "eth0",
          macAddress,
          addresses: [address],
          names: [],
        },
      }),
    ],
  });
});

test("one that does not run has no place, but a network", () => {
  expect(migrate({ kind: "bridge" }).endpoints).toEqual([
    endpoint("bridge", { networkId: BRIDGE_ID }),
  ]);
});

test.each(["none", "host"])("one with the mode %s is on that network", (kind) => {
  const document = migrate({ kind });
  expect(document.endpoints).toEqual([endpoint(kind)]);
  expect(document.config.host.network).toEqual({ kind });
});

test("one that shares another's network has none of its own", () => {
  const network = { kind: "container", container: "c".repeat(64) };
  const document = migrate(network);
  expect(document.endpoints).toEqual([]);
  expect(document.config.host.network).toEqual(network);
});

test("one whose network is disabled has none either", () => {
  const document = migrate({ kind: "bridge" }, undefined, { networkDisabled: true });
  expect(document.endpoints).toEqual([]);
  expect(document.config.host.network).toEqual({ kind: "network", network: "bridge" });
});
