import type { HostCpu, NetworkCounters, ResourceUsage } from "../base/resource-usage.ts";
import type { HostOptions } from "./model.ts";

/** What can be done to containers while they run, and what can be told of them. */
export interface Control {
  /** Halts all processes of a container. */
  pause(ref: string): Promise<void>;
  unpause(ref: string): Promise<void>;
  /** Sets limits anew, at once and for later starts. Returns what the user is warned of. */
  updateLimits(ref: string, change: LimitChange): Promise<readonly string[]>;
  /** Finds the container at once; samples then come every second, until its removal or the signal. */
  stats(ref: string, query: StatsQuery, signal: AbortSignal): AsyncIterable<StatsView>;
  /** The processes of a container, as `ps` with these arguments shows them. */
  top(ref: string, arguments_: string): Promise<ProcessList>;
  /** Why a container did not start, or why it ended. */
  why(ref: string): Promise<WhyView>;
}

/** Limits to be set; what is absent stays as it is. */
export interface LimitChange {
  readonly resources: HostOptions["resources"];
  /** The fields of Docker's HostConfig that were asked for, for inspect. */
  readonly asked: Readonly<Record<string, unknown>>;
}

export interface StatsQuery {
  readonly stream: boolean;
  /** Without a stream: one sample alone, for which nobody has to wait. */
  readonly oneShot: boolean;
}

export interface StatsView {
  readonly id: string;
  readonly name: string;
  /** Undefined where it does not run. */
  readonly sample?: StatsSample;
  /** The one before, for rates. */
  readonly previous?: StatsSample;
}

export interface StatsSample {
  /** RFC 3339 with nanoseconds. */
  readonly readAt: string;
  readonly usage: ResourceUsage;
  readonly host: HostCpu & { readonly memoryBytes: number };
  /** By interface; undefined where it shares the host's network. */
  readonly networks: Readonly<Record<string, NetworkCounters>> | undefined;
}

export interface ProcessList {
  readonly titles: readonly string[];
  readonly processes: readonly (readonly string[])[];
}

/** What became of a container, in words. */
export interface WhyView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  /** One sentence. */
  readonly what: string;
  /** How that came about, as far as it is known; one sentence each. */
  readonly why: readonly string[];
  /** What can be done about it. */
  readonly advice: readonly string[];
  readonly exitCode: number;
  /** Such as `SIGKILL`; empty where the program ended by itself. */
  readonly signal: string;
  readonly oomKilled: boolean;
  readonly memoryLimitBytes?: number;
  readonly memoryPeakBytes?: number;
}
