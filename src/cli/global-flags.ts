import { bool, checkedList, optional, optionalText } from "./flags/flag.ts";

const LEVELS = ["debug", "info", "warn", "error", "fatal"];

/** The options that come before the command. */
export const GLOBAL_FLAGS = {
  debug: bool("Show each request that is made of the daemon", { short: "D" }),
  host: checkedList("Daemon to connect to: unix://PATH or tcp://HOST[:PORT]", (host) => host, {
    short: "H",
  }),
  "log-level": optional(
    `What to tell beside the result: ${LEVELS.map((level) => `"${level}"`).join(", ")}`,
    parseLevel,
    { short: "l", shownDefault: '"info"' },
  ),
  tls: bool("Use TLS; implied by --tlsverify"),
  tlscacert: optionalText("Trust certs signed only by this CA", {
    shownDefault: '"~/.docker/ca.pem"',
  }),
  tlscert: optionalText("Certificate to show the daemon", { shownDefault: '"~/.docker/cert.pem"' }),
  tlskey: optionalText("Key of that certificate", { shownDefault: '"~/.docker/key.pem"' }),
  tlsverify: bool("Use TLS and verify the daemon"),
  version: bool("Print the version and quit", { short: "v" }),
} as const;

function parseLevel(level: string): string {
  if (LEVELS.includes(level)) return level;
  throw new Error(`not a valid logrus Level: ${JSON.stringify(level)}`);
}
