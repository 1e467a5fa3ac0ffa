import { existsSync, readFileSync } from "node:fs";
import { hostname, machine, release, totalmem } from "node:os";
import { countCpus, parseCpuList } from "../base/cpu-list.ts";

const PRESENT_CPUS = "/sys/devices/system/cpu/present";

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
  /** Those that the host has. */
  readonly presentCpus: number;
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
    cpus: countCpus(),
    presentCpus: parseCpuList(readFileSync(PRESENT_CPUS, "utf8").trim()).length,
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
