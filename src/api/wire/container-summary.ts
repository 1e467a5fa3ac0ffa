import { NEVER } from "../../base/time.ts";
import type { ContainerView } from "../../engine/facade.ts";
import type { ApiVersion } from "../version.ts";
import { humanDuration } from "./duration.ts";
import { type EndpointJson, toEndpoints } from "./endpoint-json.ts";
import { type MountJson, toMountJson } from "./mount-json.ts";
import { toPortMap } from "./port-bindings.ts";

/** A port of a container; without a host's it is only exposed. */
export interface PortSummaryJson {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

/** One container of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Unix seconds. */
  readonly Created: number;
  readonly Ports: readonly PortSummaryJson[];
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Labels: Readonly<Record<string, string>>;
  readonly State: string;
  /** State and since when, in words. */
  readonly Status: string;
  readonly HostConfig: {
    readonly NetworkMode: string;
    readonly Annotations?: Readonly<Record<string, string>>;
  };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, EndpointJson>> };
  readonly Mounts: readonly MountJson[];
}

export function toContainerSummary(view: ContainerView, version: ApiVersion): ContainerSummary {
  const { effective, config, state, size } = view;
  const { annotations } = config.host;
  const withAnnotations = version >= 46 && Object.keys(annotations).length > 0;
  return {
    Id: view.id,
    Names: [`/${view.name}`],
    Image: config.image,
    ImageID: view.imageId,
    Command: [effective.path, ...effective.args.map(quoted)].join(" "),
    Created: Math.floor(Date.parse(view.createdAt) / 1000),
    Ports: toPorts(view),
    ...(size === undefined ? {} : { SizeRw: size.writableBytes, SizeRootFs: size.rootBytes }),
    Labels: effective.labels,
    State: state.status,
    Status: describeState(view, Date.now()),
    HostConfig: {
      NetworkMode: view.network.mode,
      ...(withAnnotations ? { Annotations: annotations } : {}),
    },
    NetworkSettings: { Networks: toEndpoints(view) },
    Mounts: view.mounts.map(toMountJson),
  };
}

/** What the STATUS column of `docker ps` says. */
export function describeState({ state, health }: ContainerView, nowMs: number): string {
  const since = (time: string) => humanDuration(nowMs - Date.parse(time));
  switch (state.status) {
    case "running":
      return `Up ${since(state.startedAt)}${describeHealth(health)}`;
    case "paused":
      return `Up ${since(state.startedAt)} (Paused)`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    case "created":
      return "Created";
    case "exited":
      if (state.finishedAt === NEVER) return "";
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}

function describeHealth(health: ContainerView["health"]): string {
  if (health === undefined) return "";
  return health.status === "starting" ? " (health: starting)" : ` (${health.status})`;
}

function quoted(word: string): string {
  return word.includes(" ") ? `'${word}'` : word;
}

/** Ports are only shown of what listens on them. */
function toPorts(view: ContainerView): ContainerSummary["Ports"] {
  const { status } = view.state;
  if (status !== "running" && status !== "paused") return [];
  return Object.entries(toPortMap(view)).flatMap(([name, bindings]): readonly PortSummaryJson[] => {
    const port = { PrivatePort: Number.parseInt(name, 10), Type: name.split("/")[1] ?? "tcp" };
    if (bindings === null) return [port];
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      ...port,
      PublicPort: Number(HostPort),
    }));
  });
}
