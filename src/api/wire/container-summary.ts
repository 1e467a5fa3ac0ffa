import { NEVER } from "../../base/time.ts";
import type { ContainerView } from "../../engine/facade.ts";
import type { ApiVersion } from "../version.ts";
import { humanDuration } from "./duration.ts";
import { type EndpointJson, toEndpoints } from "./endpoint-json.ts";
import { type MountJson, toMountJson } from "./mount-json.ts";

/** One container of `GET /containers/json`. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Unix seconds. */
  readonly Created: number;
  readonly Ports: readonly { readonly PrivatePort: number; readonly Type: string }[];
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
export function describeState({ state }: ContainerView, nowMs: number): string {
  const since = (time: string) => humanDuration(nowMs - Date.parse(time));
  switch (state.status) {
    case "running":
      return `Up ${since(state.startedAt)}`;
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

function quoted(word: string): string {
  return word.includes(" ") ? `'${word}'` : word;
}

/** Ports are only shown of what listens on them. A range counts as its first port. */
function toPorts({ effective, state }: ContainerView): ContainerSummary["Ports"] {
  if (state.status !== "running" && state.status !== "paused") return [];
  return effective.exposedPorts.map((port) => ({
    PrivatePort: Number.parseInt(port, 10),
    Type: port.split("/")[1] ?? "tcp",
  }));
}
