import type { EndpointSettingsJson } from "../../api/wire/network-json.ts";
import { NetworkApi } from "../../client/networks.ts";
import { command } from "../command.ts";
import { bool, checkedList, type FlagValues, text } from "../flags/flag.ts";
import { int } from "../flags/numbers.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";
import { parseLink } from "../run/addresses.ts";
import { toPairs } from "../run/pairs.ts";
import { strings } from "../run/strings.ts";

const FLAGS = {
  alias: strings("Add network-scoped alias for the container"),
  "driver-opt": strings("driver options for the network"),
  "gw-priority": int(
    "Highest gw-priority provides the default gateway. Accepts positive and negative values.",
    { initial: 0 },
  ),
  ip: text('IPv4 address (e.g., "172.30.100.104")'),
  ip6: text('IPv6 address (e.g., "2001:db8::33")'),
  link: checkedList("Add link to another container", parseLink),
  "link-local-ip": strings("Add a link-local address for the container"),
} as const;

export const networkConnect = command({
  usage: "[OPTIONS] NETWORK CONTAINER",
  operands: { min: 2, max: 2 },
  completes: ["networks", "containers"],
  flags: FLAGS,
  async run({ flags, operands, connect }) {
    const [network = "", container = ""] = operands;
    const EndpointConfig = toEndpoint(flags);
    const networks = new NetworkApi(await connect());
    await networks.connect(network, { Container: container, EndpointConfig });
    return 0;
  },
});

export const networkDisconnect = command({
  usage: "[OPTIONS] NETWORK CONTAINER",
  operands: { min: 2, max: 2 },
  completes: ["networks", "containers"],
  flags: { force: bool("Force the container to disconnect from a network", { short: "f" }) },
  async run({ flags, operands, connect }) {
    const [network = "", container = ""] = operands;
    const networks = new NetworkApi(await connect());
    await networks.disconnect(network, { Container: container, Force: flags.force });
    return 0;
  },
});

/** Addresses are for the daemon to check. */
function toEndpoint(flags: FlagValues<typeof FLAGS>): EndpointSettingsJson {
  const { ip, ip6, alias, link } = flags;
  const local = flags["link-local-ip"];
  return {
    IPAMConfig: {
      ...(ip === "" ? {} : { IPv4Address: ip }),
      ...(ip6 === "" ? {} : { IPv6Address: ip6 }),
      ...(local.length === 0 ? {} : { LinkLocalIPs: local }),
    },
    Links: link,
    Aliases: alias,
    DriverOpts: toPairs(flags["driver-opt"].map(checkDriverOption)),
    GwPriority: flags["gw-priority"],
  };
}

function checkDriverOption(written: string): string {
  const [name, value] = splitAtFirst(written, "=");
  if (name !== "" && value !== undefined) return written;
  throw new Error("invalid key/value pair format in driver options");
}
