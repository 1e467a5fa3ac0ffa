import { randomBytes } from "node:crypto";
import { hostname as hostHostname } from "node:os";
import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { Created, CreateRequest } from "../facade.ts";
import type { ContainerConfig, MountRequest } from "../model.ts";
import { type ContainerMount, checkMounts, cleanTarget } from "../spec/container-mounts.ts";
import { combineConfig, type Effective } from "../spec/effective.ts";
import type { UserNamespace, UserNamespaceChoice } from "../spec/namespaces.ts";
import { checkConfig } from "./check-config.ts";
import { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { ContainerImage, Context } from "./context.ts";
import { findDonors, resolveDonors } from "./donors.ts";
import { imageFor } from "./image-choice.ts";
import { inventName, parseContainerName } from "./names.ts";
import { type ContainerRecord, CREATED, NO_ENDPOINT, toRow } from "./record.ts";
import { decideUserNamespace } from "./user-namespace.ts";

/** A container as it is about to be: decided, checked, and not yet made. */
export interface PlannedContainer {
  readonly record: ContainerRecord;
  readonly image: ContainerImage;
  readonly warnings: readonly string[];
  /** How many ids of its own it is to get; undefined: it has none. */
  readonly ids?: number;
}

/** Creates a container. On failure all that was done is undone. */
export async function createContainer(context: Context, request: CreateRequest): Promise<Created> {
  const planned = planCreate(context, request);
  const { image, warnings } = planned;
  const { id } = planned.record;
  await using undo = new AsyncDisposableStack();
  const record = insert(context, planned);
  undo.defer(() => forget(context, id));
  const container = new Container(record);
  context.containers.add(container);
  undo.defer(() => context.containers.remove(container));

  const owner = record.userNamespace === "host" ? 0 : record.userNamespace.hostId;
  undo.defer(() => context.store.snapshots.remove(id));
  await context.store.snapshots.create(id, { imageId: image.id, owner });
  const paths = context.store.snapshots.get(id);
  const root = { ...paths, volatile: false };
  for (const mount of record.mounts) {
    if (mount.kind !== "volume") continue;
    const isNew = await context.volumes.ensure(mount, root);
    if (isNew) undo.defer(() => context.volumes.remove(mount.source));
  }
  container.paths = paths;
  undo.move();
  context.events.publish(containerEvent(record, "create"));
  return { id, warnings };
}

/** Decides all that create decides, and changes nothing. */
export function planCreate(context: Context, request: CreateRequest): PlannedContainer {
  const id = randomBytes(32).toString("hex");
  const name = chooseName(context, request.name);
  const { image, warning } = imageFor(context, request);
  const config = resolveDonors(context, request.config);
  const mounts = planVolumes(context, config, image);
  const warnings = checkConfig(config, context.facts);
  const decision = decideUserNamespace(context, { config, mounts });
  const record: ContainerRecord = {
    id,
    name,
    imageId: image.id,
    createdAt: formatTime(nowNs()),
    config,
    effective: effectiveOf(context, { id, config, image }),
    mounts,
    userNamespace: decision.kind === "joined" ? decision.range : "host",
    endpoint: NO_ENDPOINT,
    state: CREATED,
    restartCount: 0,
  };
  return {
    record,
    image,
    warnings: [...(warning === undefined ? [] : [warning]), ...warnings, ...warningsOf(decision)],
    ...(decision.kind === "own" ? { ids: image.maxId + 1 } : {}),
  };
}

function warningsOf(decision: UserNamespaceChoice): readonly string[] {
  return decision.kind === "host" ? decision.warnings : [];
}

/** The row and the id range, both or neither. */
function insert({ store }: Context, { record, ids }: PlannedContainer): ContainerRecord {
  return store.transaction(() => {
    const complete =
      ids === undefined ? record : { ...record, userNamespace: allot(store, record.id, ids) };
    store.containers.insert(toRow(complete));
    return complete;
  });
}

function allot(store: Context["store"], id: string, ids: number): UserNamespace {
  const { first, count } = store.idRanges.allot(id, ids);
  return { hostId: first, size: count };
}

function forget({ store }: Context, id: string): void {
  store.transaction(() => {
    store.idRanges.remove(id);
    store.containers.remove(id);
  });
}

function chooseName({ containers }: Context, asked: string | undefined): string {
  if (asked !== undefined && asked !== "") return parseContainerName(asked);
  return inventName((name) => containers.hasName(name));
}

/** The mounts that are asked for, and anonymous volumes where image or request want them. */
function planVolumes(
  { volumes }: Context,
  config: ContainerConfig,
  image: ContainerImage,
): readonly ContainerMount[] {
  checkMounts(config.host.binds);
  const taken = new Set(config.host.binds.map(({ target }) => cleanTarget(target)));
  const wanted = new Set([...config.volumes, ...image.config.volumes].map(cleanTarget));
  const anonymous = [...wanted].filter((target) => !taken.has(target)).map(anonymousVolume);
  checkMounts(anonymous);
  return [...config.host.binds, ...anonymous].map((mount) =>
    mount.kind === "volume" ? volumes.resolve(mount) : mount,
  );
}

function anonymousVolume(target: string): MountRequest {
  return {
    kind: "volume",
    source: "",
    target,
    readonly: false,
    noCopy: false,
    mode: "",
    via: "binds",
  };
}

interface EffectiveInputs {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly image: ContainerImage;
}

function effectiveOf(context: Context, { id, config, image }: EffectiveInputs): Effective {
  return combineConfig(config, image.config, hostnameOf(context, id, config));
}

/** Who shares a network is known by the name that goes with the address. */
function hostnameOf(context: Context, id: string, config: ContainerConfig): string {
  const { network, uts } = config.host;
  if (config.hostname !== undefined && config.hostname !== "") return config.hostname;
  if (uts === "host" || network.kind === "host") return hostHostname();
  if (network.kind !== "container") return id.slice(0, 12);
  const [donor] = findDonors(context, config, ["network"]);
  if (donor !== undefined) return donor.record.effective.hostname;
  throw new EngineError("not-found", `No such container: ${network.container}`);
}
