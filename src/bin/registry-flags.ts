import { EngineError } from "../base/errors.ts";
import type { FlagValues } from "../cli/flags/flag.ts";
import type { KeepBlobs } from "../store/keep-blobs.ts";
import type { DAEMON_FLAGS } from "./daemon-flags.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { takeProxies } from "./proxy-environment.ts";
import { readVersion } from "./version.ts";

const CERTIFICATE_ROOTS = ["/etc/sampan/certs.d", "/etc/docker/certs.d"];
const KEEP: readonly KeepBlobs[] = ["auto", "always", "never"];

/** What the daemon's options say of registries; a proxy that is not given is the environment's. */
export function parseRegistryFlags(
  flags: FlagValues<typeof DAEMON_FLAGS>,
): Pick<DaemonOptions, "registry" | "transfers" | "keepBlobs"> {
  const roots = flags["certs-dir"];
  return {
    keepBlobs: parseKeep(flags["keep-blobs"]),
    transfers: {
      downloads: parseCount("max-concurrent-downloads", flags["max-concurrent-downloads"]),
      uploads: parseCount("max-concurrent-uploads", flags["max-concurrent-uploads"]),
    },
    registry: {
      mirrors: flags["registry-mirror"],
      insecure: flags["insecure-registry"],
      certificateRoots: roots.length === 0 ? CERTIFICATE_ROOTS : roots,
      proxies: readProxies(flags),
      maxAttempts: parseCount("max-download-attempts", flags["max-download-attempts"]),
      userAgent: `sampan/${readVersion().version}`,
    },
  };
}

/** The environment's are taken from it, whether they count or not: see takeProxies(). */
function readProxies(flags: FlagValues<typeof DAEMON_FLAGS>): DaemonOptions["registry"]["proxies"] {
  const given = {
    http: flags["http-proxy"],
    https: flags["https-proxy"],
    no: flags["no-proxy"],
  };
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  const all = { ...takeProxies(process.env), ...Object.fromEntries(entries) };
  // An empty option means: none, whatever the environment says.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

function parseCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1000) return count;
  throw new EngineError("invalid", `Cannot use --${name}=${text}: want a number from 1 to 1000`);
}

function parseKeep(text: string): KeepBlobs {
  const choice = KEEP.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new EngineError("invalid", `Cannot use --keep-blobs=${text}: want ${KEEP.join(", ")}`);
}
