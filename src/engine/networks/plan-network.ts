import { randomBytes } from "node:crypto";
import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import { planPools } from "../../network/ipam.ts";
import { listOccupied } from "../../network/occupied.ts";
import { type IpFamily, parseCidr } from "../../network/subnet.ts";
import type { SubnetPool } from "../../network/subnet-pools.ts";
import type { NetworkDriver, NetworkRequest } from "../network-facade.ts";
import { parseBridgeOptions } from "./bridge-options.ts";
import type { NetworkMaking } from "./network-links.ts";
import type { NetworkRecord } from "./network-record.ts";
import type { NetworkSet } from "./network-set.ts";

/** What new networks are planned with. */
export interface NetworkPlanning extends NetworkMaking {
  readonly networks: NetworkSet;
  /** Where subnets are chosen from. */
  readonly pools: readonly SubnetPool[];
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const PREDEFINED: ReadonlySet<string> = new Set(["bridge", "host", "none", "default"]);

/** Checks a request, and decides what it leaves open. Changes nothing. */
export function planNetwork(planning: NetworkPlanning, request: NetworkRequest): NetworkRecord {
  checkName(planning.networks, request.name);
  const driver = chooseDriver(request.driver);
  const families = chooseFamilies(request);
  const options = parseBridgeOptions(request.options);
  if (families.includes(6) && (options.mtu ?? planning.mtu) < 1280) {
    throw new EngineError(
      "invalid",
      "invalid network config:\n* IPv6 needs an MTU of at least 1280",
    );
  }
  return {
    id: randomBytes(32).toString("hex"),
    name: request.name,
    createdAt: formatTime(nowNs()),
    driver,
    enableIpv4: families.includes(4),
    enableIpv6: families.includes(6),
    internal: request.internal,
    attachable: request.attachable,
    ipam: planIpam(planning, request, families),
    options: request.options,
    labels: request.labels,
    isPredefined: false,
  };
}

function checkName(networks: NetworkSet, name: string): void {
  if (name.trim() === "") throw new EngineError("invalid", "invalid network name: name is empty");
  if (!NAME.test(name)) {
    throw new EngineError(
      "invalid",
      `invalid network name ${JSON.stringify(name)}: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
  if (PREDEFINED.has(name)) {
    throw new EngineError("forbidden", `operation is not permitted on predefined ${name} network`);
  }
  if (networks.hasName(name)) {
    throw new EngineError("conflict", `network with name ${name} already exists`);
  }
}

function chooseDriver(name: string): NetworkDriver {
  switch (name) {
    case "":
    case "default":
    case "bridge":
      return "bridge";
    case "macvlan":
    case "ipvlan":
      return name;
    case "host":
    case "null":
      throw new EngineError("forbidden", `only one instance of "${name}" network is allowed`);
    case "overlay":
      throw new EngineError(
        "unavailable",
        'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
      );
    default:
      throw new EngineError("not-found", `plugin "${name}" not found`);
  }
}

function chooseFamilies({
  enableIpv4 = true,
  enableIpv6 = false,
}: NetworkRequest): readonly IpFamily[] {
  if (!enableIpv4 && !enableIpv6) {
    throw new EngineError("invalid", "IPv4 or IPv6 must be enabled");
  }
  return [...(enableIpv4 ? ([4] as const) : []), ...(enableIpv6 ? ([6] as const) : [])];
}

function planIpam(
  { networks, pools, host }: NetworkPlanning,
  { ipam }: NetworkRequest,
  families: readonly IpFamily[],
): NetworkRecord["ipam"] {
  if (ipam.driver !== "" && ipam.driver !== "default") {
    throw new EngineError("not-found", `plugin "${ipam.driver}" not found`);
  }
  const others = networks
    .list()
    .flatMap(({ record }) => record.ipam.pools.map(({ subnet }) => parseCidr(subnet).subnet));
  const occupied = listOccupied(host.routes);
  const planned = planPools({ asked: ipam.pools, families, pools, others, occupied });
  return { driver: "default", options: ipam.options, pools: planned };
}
