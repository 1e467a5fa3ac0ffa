import { hostname as hostHostname } from "node:os";
import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { Created, CreateRequest } from "../facade.ts";
import { withDefaultLog } from "../logs/default-log.ts";
import type { ContainerConfig } from "../model.ts";
import { planEndpoints } from "../networks/endpoint-plan.ts";
import { combineConfig, type Effective } from "../spec/effective.ts";
import type { UserNamespace, UserNamespaceChoice } from "../spec/namespaces.ts";
import { volumesOf } from "../volumes/volume-events.ts";
import { checkConfig } from "./check-config.ts";
import { Container, toRootSource } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import { newContainerId } from "./container-id.ts";
import type { ContainerImage, Context } from "./context.ts";
import { findDonors, resolveDonors } from "./donors.ts";
import { imageFor } from "./image-choice.ts";
import { resolveLinks } from "./links.ts";
import { planContainerMounts } from "./mounts.ts";
import { inventName, parseContainerName } from "./names.ts";
import { placeOverlays } from "./overlays.ts";
import { type ContainerRecord, CREATED, toRow } from "./record.ts";
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
  const madeVolumes: string[] = [];
  // As long as the container is there, its volumes are in use.
  undo.defer(() => removeVolumes(context, madeVolumes));
  context.containers.add(container);
  undo.defer(() => context.containers.remove(container));

  const owner = record.userNamespace === "host" ? 0 : record.userNamespace.hostId;
  const sizeBytes = record.config.host.rootSizeBytes;
  await context.store.snapshots.create(
    id,
    { imageId: image.id, owner, sizeBytes },
    async (paths) => {
      const root = { ...toRootSource(paths, record), volatile: false };
      for (const mount of volumesOf(record.mounts)) {
        if (context.volumes.make(mount)) madeVolumes.push(mount.source);
        await context.volumes.fill(mount, root);
      }
    },
  );
  container.paths = context.store.snapshots.get(id);
  undo.move();
  context.events.publish(containerEvent(record, "create"));
  return { id, warnings };
}

function removeVolumes({ volumes }: Context, names: readonly string[]): void {
  for (const name of names) volumes.removeUnused(name);
}

/** Decides all that create decides, and changes nothing. */
export function planCreate(context: Context, request: CreateRequest): PlannedContainer {
  const id = newContainerId();
  const name = chooseName(context, request.name);
  const { image, warning } = imageFor(context, request);
  const asked = resolveLinks(context, resolveDonors(context, request.config));
  const log = withDefaultLog(asked.host.log, context.defaultLog);
  const config = { ...asked, host: { ...asked.host, log } };
  const mounts = placeOverlays(context, id, planContainerMounts(context, config, image));
  const warnings = checkConfig(config, context.facts);
  if (config.host.rootSizeBytes > 0) context.store.snapshots.checkSizeLimit();
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
    endpoints: planEndpoints(context.networks.all, config),
    chosenPorts: [],
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
    for (const mount of record.mounts) {
      if (mount.kind === "image") store.containers.addMountedImage(record.id, mount.imageId);
    }
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
