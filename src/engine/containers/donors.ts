import { EngineError } from "../../base/errors.ts";
import type { ContainerConfig, HostOptions, NamespaceMode } from "../model.ts";
import type { Joined } from "../spec/namespaces.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import type { ContainerRecord } from "./record.ts";

/** The namespaces that a container can share with another one. */
export type Shareable = "network" | "pid" | "ipc";

const SHAREABLE: readonly Shareable[] = ["network", "pid", "ipc"];

/** Puts ids in place of the names of other containers: a name can change hands. */
export function resolveDonors(context: Context, config: ContainerConfig): ContainerConfig {
  const named = SHAREABLE.flatMap((kind) => {
    const ref = donorRef(config.host, kind);
    if (ref === undefined) return [];
    return [[kind, { kind: "container", container: context.containers.get(ref).id }] as const];
  });
  if (named.length === 0) return config;
  return { ...config, host: { ...config.host, ...Object.fromEntries(named) } };
}

/** The containers whose namespaces are shared, each as often as it is named. */
export function findDonors(
  { containers }: Context,
  config: ContainerConfig,
  kinds: readonly Shareable[] = SHAREABLE,
): readonly Container[] {
  return kinds.flatMap((kind) => {
    const ref = donorRef(config.host, kind);
    return ref === undefined ? [] : [containers.get(ref)];
  });
}

/** The processes whose namespaces are to be joined; those containers must run. */
export function joinDonors(context: Context, record: ContainerRecord): Joined {
  const { host } = record.config;
  const joined: { -readonly [Kind in keyof Joined]: number } = {};
  for (const kind of SHAREABLE) {
    const ref = donorRef(host, kind);
    if (ref === undefined) continue;
    joined[kind] = pidOf(context, ref, kind);
    if (record.userNamespace !== "host") joined.user = joined[kind];
  }
  return joined;
}

function pidOf({ containers }: Context, ref: string, kind: Shareable): number {
  const donor = containers.get(ref);
  if (kind === "ipc") checkIpcShareable(donor);
  if (donor.running !== undefined) return donor.running.pid;
  const what = kind === "network" ? "network" : `${kind.toUpperCase()} namespace`;
  throw new EngineError("conflict", `cannot join ${what} of a non running container: ${donor.id}`);
}

function checkIpcShareable(donor: Container): void {
  const { kind } = donor.record.config.host.ipc;
  if (kind === "shareable" || kind === "host" || kind === "container") return;
  throw new EngineError(
    "invalid",
    `cannot join IPC of a container ${donor.id}: non-shareable IPC ` +
      "(hint: use IpcMode:shareable for the donor container)",
  );
}

function donorRef(host: HostOptions, kind: Shareable): string | undefined {
  const mode: NamespaceMode | { readonly kind: string } = host[kind];
  return mode.kind === "container" && "container" in mode ? mode.container : undefined;
}
