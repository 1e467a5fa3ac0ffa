import { EngineError } from "../../base/errors.ts";
import type { ImageRuntimeConfig } from "../image-facade.ts";
import type { ContainerConfig, Healthcheck } from "../model.ts";
import { parseProbe } from "./probe.ts";

/** What a container's and its image's check come to. */
export interface EffectiveHealthcheck extends Healthcheck {
  /** What `CMD-SHELL` is run with. */
  readonly shell: readonly string[];
}

const DEFAULT_SHELL = ["/bin/sh", "-c"];
const NS_PER_MS = 1e6;

/** What is not said otherwise. */
export const HEALTH_DEFAULTS = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
  retries: 3,
} as const;

/** Combines what was asked for with what the image has; undefined: neither says anything. */
export function combineHealthcheck(
  { healthcheck: asked }: Pick<ContainerConfig, "healthcheck">,
  image: ImageRuntimeConfig,
): EffectiveHealthcheck | undefined {
  const own = readImageHealthcheck(image.healthcheck);
  const check = { ...own, ...asked };
  if (Object.keys(check).length === 0) return undefined;
  return { ...check, shell: image.shell ?? DEFAULT_SHELL };
}

/** Whether there is anything to be run. */
export function isChecked(check: Healthcheck | undefined): check is EffectiveHealthcheck {
  const [kind = "NONE"] = check?.test ?? [];
  return kind !== "NONE";
}

/** Refuses a check that cannot be run, with Docker's text where Docker refuses it too. */
export function checkHealthcheck(check: Healthcheck | undefined): void {
  if (check === undefined) return;
  for (const [name, field] of TIMES) {
    const ms = check[field];
    if (ms !== undefined && ms < 1) {
      throw new EngineError("invalid", `${name} in Healthcheck cannot be less than 1ms`);
    }
  }
  if ((check.retries ?? 0) < 0) {
    throw new EngineError("invalid", "Retries in Healthcheck cannot be negative");
  }
  if (check.test !== undefined) parseProbe(check.test, DEFAULT_SHELL);
}

const TIMES = [
  ["Interval", "intervalMs"],
  ["Timeout", "timeoutMs"],
  ["StartPeriod", "startPeriodMs"],
  ["StartInterval", "startIntervalMs"],
] as const;

/** An image says what it likes: what cannot be read is left out. */
function readImageHealthcheck(json: unknown): Healthcheck {
  if (typeof json !== "object" || json === null) return {};
  const fields = json as Readonly<Record<string, unknown>>;
  const times = TIMES.map(([name, field]) => [field, positive(fields[name], NS_PER_MS)] as const);
  const retries = positive(fields["Retries"], 1);
  const test = fields["Test"];
  return {
    ...Object.fromEntries(times.filter(([, ms]) => ms !== undefined)),
    ...(retries === undefined ? {} : { retries }),
    ...(isWords(test) && test.length > 0 ? { test } : {}),
  };
}

function positive(value: unknown, unit: number): number | undefined {
  return typeof value === "number" && value > 0 ? value / unit : undefined;
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}
