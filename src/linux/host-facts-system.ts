import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, hostname, machine, release, totalmem } from "node:os";

/** What a host tells of itself. */
export interface SystemFacts {
  /** The kernel's release, such as `6.1.0-13-amd64`. */
  readonly kernel: string;
  /** Such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string;
  readonly osVersion: string;
  /** As `uname -m` has it. */
  readonly architecture: string;
  readonly hostname: string;
  /** Those that this process may run on. */
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** Asks the kernel and os-release(5). */
export function readSystemFacts(): SystemFacts {
  const file = ["/etc/os-release", "/usr/lib/os-release"].find((path) => existsSync(path));
  const os = parseOsRelease(file === undefined ? "" : readFileSync(file, "utf8"));
  return {
    kernel: release(),
    operatingSystem: os.get("PRETTY_NAME") ?? "Linux",
    osVersion: os.get("VERSION_ID") ?? "",
    architecture: machine(),
    hostname: hostname(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** Reads assignments as a shell would: quoted or not. os-release(5) */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const assignments = text.matchAll(/^([A-Z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(.*))$/gm);
  return new Map(
    [...assignments].map(([, name = "", double, single, bare = ""]) => {
      const value = double?.replace(/\\(.)/g, "$1") ?? single ?? bare.trim();
      return [name, value];
    }),
  );
}
