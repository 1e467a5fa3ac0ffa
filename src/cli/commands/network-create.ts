import type { NetworkCreateJson } from "../../api/wire/network-json.ts";
import { NetworkApi } from "../../client/networks.ts";
import { command } from "../command.ts";
import { bool, checkedList, type FlagValues, text, triState } from "../flags/flag.ts";
import { print } from "../io.ts";
import { planIpam } from "../network/ipam.ts";
import { parseLabel } from "../run/environment.ts";
import { pairs, toPairs } from "../run/pairs.ts";
import { strings } from "../run/strings.ts";

const FLAGS = {
  attachable: bool("Enable manual container attachment"),
  "aux-address": pairs("Auxiliary IPv4 or IPv6 addresses used by Network driver"),
  "config-from": text("The network from which to copy the configuration"),
  "config-only": bool("Create a configuration only network"),
  driver: text("Driver to manage the Network", { short: "d", initial: "bridge" }),
  gateway: strings("IPv4 or IPv6 Gateway for the master subnet"),
  ingress: bool("Create swarm routing-mesh network"),
  internal: bool("Restrict external access to the network"),
  "ip-range": strings("Allocate container ip from a sub-range"),
  "ipam-driver": text("IP Address Management Driver", { initial: "default" }),
  "ipam-opt": pairs("Set IPAM driver specific options"),
  ipv4: triState("Enable or disable IPv4 address assignment", { shownDefault: "true" }),
  ipv6: triState("Enable or disable IPv6 address assignment"),
  label: checkedList("Set metadata on a network", parseLabel),
  opt: pairs("Set driver specific options", undefined, { short: "o" }),
  scope: text("Control the network's scope"),
  subnet: strings("Subnet in CIDR format that represents a network segment"),
} as const;

export const networkCreate = command({
  usage: "[OPTIONS] NETWORK",
  operands: { min: 1, max: 1 },
  flags: FLAGS,
  async run({ flags, operands, io, connect }) {
    const body = toBody(operands[0] ?? "", flags);
    const networks = new NetworkApi(await connect({ start: true }));
    const { Id, Warning } = await networks.create(body);
    if (Warning !== "") await print(io.stderr, `WARNING: ${Warning}\n`);
    await print(io.stdout, `${Id}\n`);
    return 0;
  },
});

/** What this engine has not, such as a swarm's networks, is for the daemon to refuse. */
function toBody(name: string, flags: FlagValues<typeof FLAGS>): NetworkCreateJson {
  const { ipv4, ipv6 } = flags;
  const from = flags["config-from"];
  return {
    Name: name,
    Driver: flags.driver,
    Scope: flags.scope,
    ...(ipv4 === undefined ? {} : { EnableIPv4: ipv4 }),
    ...(ipv6 === undefined ? {} : { EnableIPv6: ipv6 }),
    IPAM: toIpam(flags),
    Internal: flags.internal,
    Attachable: flags.attachable,
    Ingress: flags.ingress,
    ConfigOnly: flags["config-only"],
    ConfigFrom: from === "" ? null : { Network: from },
    Options: flags.opt,
    Labels: toPairs(flags.label),
  };
}

function toIpam(flags: FlagValues<typeof FLAGS>): NetworkCreateJson["IPAM"] {
  const { subnet: subnets, gateway: gateways } = flags;
  const auxiliary = flags["aux-address"];
  return {
    Driver: flags["ipam-driver"],
    Options: flags["ipam-opt"],
    Config: planIpam({ subnets, ranges: flags["ip-range"], gateways, auxiliary }),
  };
}
