import { EngineError } from "../../base/errors.ts";
import type { Fields } from "./fields.ts";

/** What Docker has and this engine does not do yet, and what to say to who asks for it. */
interface Refused {
  readonly field: string;
  readonly what: string;
  /** Values that ask for nothing, beside Go's zero values. */
  readonly harmless?: readonly unknown[];
}

const CONFIG: readonly Refused[] = [
  { field: "ArgsEscaped", what: "command lines for Windows" },
  { field: "OnBuild", what: "triggers for builds" },
  { field: "Shell", what: "another shell" },
];

const HOST_CONFIG: readonly Refused[] = [
  { field: "Cgroup", what: "sharing another container's cgroup" },
  { field: "Isolation", what: "isolation for Windows", harmless: ["default"] },
  // Whatever a client calls the one that there is: they send the names that Docker's `info` has.
  { field: "Runtime", what: "other runtimes", harmless: ["runc", "io.containerd.runc.v2"] },
  { field: "CpuCount", what: "limits for Windows" },
  { field: "CpuPercent", what: "limits for Windows" },
  { field: "IOMaximumIOps", what: "limits for Windows" },
  { field: "IOMaximumBandwidth", what: "limits for Windows" },
  { field: "KernelMemory", what: "limits on kernel memory" },
  { field: "KernelMemoryTCP", what: "limits on kernel memory" },
];

/** Refuses every field of Config that would be ignored. */
export function refuseUnknownConfig(config: Fields): void {
  refuseAll(config, "Config", CONFIG);
}

/** Refuses every field of HostConfig that would be ignored. */
export function refuseUnknownHostConfig(host: Fields): void {
  refuseAll(host, "HostConfig", HOST_CONFIG);
}

/** An error that says which field of a request asks for what is not there yet. */
export function notYet(field: string, what: string): EngineError {
  return new EngineError("unimplemented", `${field}: this engine does not have ${what} yet`);
}

/** Whether a value asks for nothing: one that Go's clients send for what was not set. */
export function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === "") {
    return true;
  }
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.values(value).every(isZero);
}

function refuseAll(fields: Fields, object: string, refused: readonly Refused[]): void {
  for (const { field, what, harmless = [] } of refused) {
    const value = fields.value(field);
    if (!isZero(value) && !harmless.includes(value)) {
      throw notYet(`${object}.${field}`, what);
    }
  }
}
