import type { ContainerFlags } from "./container-flags.ts";

const PER_CONTAINER = /^container:.+/;

/** Checks the words that say whose namespace a container gets. */
export function checkModes(flags: ContainerFlags): void {
  const { pid, uts, userns, cgroupns } = flags;
  if (!["", "host"].includes(pid) && !PER_CONTAINER.test(pid)) {
    throw new Error("--pid: invalid PID mode");
  }
  if (!["", "host"].includes(uts)) throw new Error("--uts: invalid UTS mode");
  // "auto" and "private" are this engine's own: each container has its own ids unless told otherwise.
  if (!["", "host", "auto", "private"].includes(userns)) {
    throw new Error("--userns: invalid USER mode");
  }
  if (!["", "host", "private"].includes(cgroupns))
    throw new Error("--cgroupns: invalid CGROUP mode");
}

/** Docker's RestartPolicy, from `NAME[:COUNT]`. */
export function parseRestart(written: string): { Name: string; MaximumRetryCount: number } {
  const [, Name = "", colon, count = ""] = /^([^:]*)(:?)(.*)$/s.exec(written) ?? [];
  const problem = "invalid restart policy format:";
  if (colon === ":" && Name === "") throw new Error(`${problem} no policy provided before colon`);
  if (count !== "" && !/^[+-]?[0-9]+$/.test(count)) {
    throw new Error(`${problem} maximum retry count must be an integer`);
  }
  return { Name, MaximumRetryCount: Number(count) };
}

/** Docker's HealthConfig; undefined where nothing was asked for. */
export function toHealthcheck(flags: ContainerFlags): object | undefined {
  const settings = readHealthSettings(flags);
  const test = readTest(flags);
  const asked = test !== undefined || Object.values(settings).some((value) => value !== 0);
  if (flags["no-healthcheck"]) {
    if (asked) throw new Error("--no-healthcheck conflicts with --health-* options");
    return { Test: ["NONE"] };
  }
  if (!asked) return undefined;
  return { ...settings, ...(test === undefined ? {} : { Test: test }) };
}

function readTest(flags: ContainerFlags): readonly string[] | undefined {
  const [test, another] = [
    ["CMD-SHELL", flags["health-cmd"]],
    ["TCP", flags["health-tcp"]],
    ["HTTP", flags["health-http"]],
  ].filter(([, word]) => word !== "");
  if (another === undefined) return test;
  throw new Error("conflicting options: want one of --health-cmd, --health-tcp and --health-http");
}

function readHealthSettings(flags: ContainerFlags): Readonly<Record<string, number>> {
  const settings = {
    Interval: flags["health-interval"] ?? 0,
    Timeout: flags["health-timeout"] ?? 0,
    StartPeriod: flags["health-start-period"] ?? 0,
    StartInterval: flags["health-start-interval"] ?? 0,
    Retries: flags["health-retries"],
  };
  for (const [name, value] of Object.entries(settings)) {
    if (value < 0) throw new Error(`--health-${toFlagName(name)} cannot be negative`);
  }
  return settings;
}

function toFlagName(field: string): string {
  return field.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
