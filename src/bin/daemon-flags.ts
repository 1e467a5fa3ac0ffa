import { checkedList, optionalText, text } from "../cli/flags/flag.ts";
import { DEFAULT_HOST } from "../client/endpoint.ts";

/** The options of `sampan daemon`. */
export const DAEMON_FLAGS = {
  bip: optionalText(
    "Address and subnet of the bridge, such as 172.31.0.1/16; without it a free one",
  ),
  bridge: text("Name of the bridge that containers are connected to", {
    short: "b",
    initial: "sampan0",
    shownDefault: '"sampan0"',
  }),
  "data-root": text("Directory for images, containers and volumes", {
    initial: "/var/lib/sampan",
    shownDefault: '"/var/lib/sampan"',
  }),
  "exec-root": text("Directory for sockets and what ends with the host", {
    initial: "/run/sampan",
    shownDefault: '"/run/sampan"',
  }),
  group: optionalText("Group that may use the unix socket: a name or an id", { short: "G" }),
  host: checkedList(
    "Where to listen: unix://PATH, tcp://ADDRESS:PORT (needs the TLS options) or fd://",
    (host) => host,
    { short: "H", shownDefault: DEFAULT_HOST },
  ),
  "id-range": optionalText(
    "Ids of the host for containers' user namespaces, as FIRST-LAST; 65536 for each container",
  ),
  "log-level": text('What to log: "debug", "info", "warn" or "error"', {
    short: "l",
    initial: "info",
    shownDefault: '"info"',
  }),
  mtu: text("Largest packet on the bridge, in bytes", { initial: "1500", shownDefault: "1500" }),
  pidfile: optionalText(
    "File for the daemon's process id; without it sampan.pid in the exec root",
    {
      short: "p",
    },
  ),
  tlscacert: optionalText("Trust clients with certificates of this CA"),
  tlscert: optionalText("Certificate to show to clients"),
  tlskey: optionalText("Key of that certificate"),
} as const;
