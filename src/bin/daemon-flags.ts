import { checkedList, optionalText, text } from "../cli/flags/flag.ts";
import { pairs } from "../cli/run/pairs.ts";
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
  "cdi-spec-dir": checkedList(
    "Directories with files of the Container Device Interface, for --device VENDOR/CLASS=NAME",
    (path) => path,
    { shownDefault: "/etc/cdi, /var/run/cdi" },
  ),
  "data-root": text("Directory for images, containers and volumes", {
    initial: "/var/lib/sampan",
    shownDefault: '"/var/lib/sampan"',
  }),
  "default-address-pool": checkedList(
    "Where networks get subnets from, such as base=10.0.0.0/8,size=24; else 172.17.0.0/16 and on",
    (pool) => pool,
  ),
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
  "log-driver": text("What containers log with that ask for nothing else: a driver's name", {
    initial: "json-file",
    shownDefault: '"json-file"',
  }),
  "log-level": text('What to log: "debug", "info", "warn" or "error"', {
    short: "l",
    initial: "info",
    shownDefault: '"info"',
  }),
  "log-opt": pairs("Options of that driver, such as max-size=10m", checkPair),
  mtu: text("Largest packet on the bridge, in bytes", { initial: "1500", shownDefault: "1500" }),
  pidfile: optionalText(
    "File for the daemon's process id; without it sampan.pid in the exec root",
    {
      short: "p",
    },
  ),
  "storage-driver": optionalText(
    'How root file systems are made: "overlay" or "copy"; without it overlay where it works',
    { short: "s" },
  ),
  "certs-dir": checkedList(
    "Directories with certificates for registries, as /etc/docker/certs.d has them",
    (path) => path,
    { shownDefault: "/etc/sampan/certs.d, /etc/docker/certs.d" },
  ),
  "http-proxy": optionalText("Proxy for registries that are asked by http; HTTP_PROXY else"),
  "https-proxy": optionalText("Proxy for registries that are asked by https; HTTPS_PROXY else"),
  "insecure-registry": checkedList(
    "Registries that may be asked by http, or whose certificates are not checked: HOST[:PORT] or CIDR",
    (host) => host,
  ),
  "keep-blobs": text(
    'Archives of layers to keep beside their files: "auto" (what could not be had again), "always", "never"',
    { initial: "auto", shownDefault: '"auto"' },
  ),
  "max-concurrent-downloads": text("How many layers are downloaded at once", {
    initial: "3",
    shownDefault: "3",
  }),
  "max-concurrent-uploads": text("How many layers are sent at once", {
    initial: "5",
    shownDefault: "5",
  }),
  "max-download-attempts": text("How often a download is tried", {
    initial: "5",
    shownDefault: "5",
  }),
  "no-proxy": optionalText("Hosts that are asked without a proxy; NO_PROXY else"),
  "registry-mirror": checkedList(
    "Registries to ask first for images of docker.io: URL",
    (url) => url,
  ),
  tlscacert: optionalText("Trust clients with certificates of this CA"),
  tlscert: optionalText("Certificate to show to clients"),
  tlskey: optionalText("Key of that certificate"),
} as const;

function checkPair(text: string): string {
  if (text.indexOf("=") > 0) return text;
  throw new Error("want NAME=VALUE");
}
