import { EngineError } from "../../base/errors.ts";
import type { ContainerView } from "../../engine/facade.ts";
import type { Healthcheck, HostOptions } from "../../engine/model.ts";
import type { ApiVersion } from "../version.ts";
import type { Fields } from "./fields.ts";

const NS_PER_MS = 1e6;

/** Docker's HealthConfig; undefined where nothing is asked for. */
export function decodeHealthcheck(
  config: Fields | undefined,
  version: ApiVersion,
): Healthcheck | undefined {
  if (config === undefined) return undefined;
  const test = config.texts("Test");
  const retries = config.integer("Retries");
  const check: Healthcheck = {
    ...(test.length === 0 ? {} : { test }),
    ...decodeTime(config, "Interval", "intervalMs"),
    ...decodeTime(config, "Timeout", "timeoutMs"),
    ...decodeTime(config, "StartPeriod", "startPeriodMs"),
    ...(version < 44 ? {} : decodeTime(config, "StartInterval", "startIntervalMs")),
    ...(retries === 0 ? {} : { retries }),
  };
  return Object.keys(check).length === 0 ? undefined : check;
}

/** 0 is the image's, or Docker's default. */
function decodeTime(config: Fields, name: string, field: string): Healthcheck {
  const ns = config.integer(name);
  return ns === 0 ? {} : { [field]: ns / NS_PER_MS };
}

/** Docker's HealthConfig of a container. */
export function toHealthConfig(check: Healthcheck): object {
  const ns = (ms: number | undefined) =>
    ms === undefined ? undefined : Math.round(ms * NS_PER_MS);
  return {
    Test: check.test ?? null,
    Interval: ns(check.intervalMs),
    Timeout: ns(check.timeoutMs),
    StartPeriod: ns(check.startPeriodMs),
    StartInterval: ns(check.startIntervalMs),
    Retries: check.retries,
  };
}

/** Docker's `State.Health`; undefined where there is no check. */
export function toHealth({ health }: ContainerView): HealthJson | undefined {
  if (health === undefined) return undefined;
  return {
    Status: health.status,
    FailingStreak: health.failingStreak,
    Log: health.log.map(({ startedAt, endedAt, exitCode, output }) => ({
      Start: startedAt,
      End: endedAt,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

/** What inspect says of a container's health. */
export interface HealthJson {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly {
    readonly Start: string;
    readonly End: string;
    readonly ExitCode: number;
    readonly Output: string;
  }[];
}

const ACTIONS = ["kill", "restart", "stop"] as const;

/** HostConfig's fields of our own: `HealthOnFailure`, and `Timeout` in seconds. */
export function decodeLifeLimits(
  host: Fields,
): Pick<HostOptions, "onUnhealthy" | "timeLimitSeconds"> {
  const action = host.text("HealthOnFailure");
  const onUnhealthy = ACTIONS.find((known) => known === action);
  if (onUnhealthy === undefined && action !== "" && action !== "none") {
    throw new EngineError(
      "invalid",
      `invalid HealthOnFailure "${action}": use "none", "kill", "restart" or "stop"`,
    );
  }
  const timeLimitSeconds = host.integer("Timeout");
  if (timeLimitSeconds < 0) throw new EngineError("invalid", "Timeout cannot be negative");
  return {
    ...(onUnhealthy === undefined ? {} : { onUnhealthy }),
    ...(timeLimitSeconds === 0 ? {} : { timeLimitSeconds }),
  };
}
