import { formatTime, nowNs } from "../../base/time.ts";
import type { Digest } from "../../oci/digest.ts";
import { digestOf } from "../../oci/digest.ts";
import { EMPTY_RUNTIME_CONFIG, encodeImageConfig, type ImageConfig } from "../../oci/image.ts";
import { hostPlatform } from "../../oci/platform.ts";
import { familiarReference, type Reference } from "../../oci/reference.ts";
import { archiveChanges } from "../../store/changes-archive.ts";
import { SAME_IDS } from "../../store/id-shift.ts";
import type { ImageIntake } from "../../store/image-intake.ts";
import type { Store } from "../../store/store.ts";
import { listTreeChanges } from "../../store/tree-changes.ts";
import type { CommitRequest } from "../commit-facade.ts";
import type { Container } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import { configOf } from "../images/image-configs.ts";
import { parseNewName, setName } from "../images/image-names.ts";
import { checkThere, unlessRemoved } from "./check-there.ts";
import { committedConfig } from "./committed-config.ts";
import type { FilesContext } from "./engine-files.ts";
import { requireImage } from "./require-image.ts";
import { whileHalted } from "./while-halted.ts";

/** Makes an image of a container: its image's layers, and one more where it has changed anything. */
export async function commitContainer(
  context: FilesContext,
  container: Container,
  request: CommitRequest,
): Promise<Digest> {
  const { store } = context;
  requireImage(container, "commit");
  // What the user wrote is checked before anything is read.
  const name = request.target === "" ? undefined : parseNewName(request.target);
  const base = findBase(store, container.record.imageId);
  const config = committedConfig(container.record, base?.config ?? EMPTY_RUNTIME_CONFIG, request);
  await using intake = store.newIntake();
  const receive = () => unlessRemoved(container, () => receiveLayers(store, container, intake));
  const layers = await (request.pause ? whileHalted(context, container, receive) : receive());
  checkThere(container);
  const image = describe({ container, request, base, layers });
  const bytes = new TextEncoder().encode(encodeImageConfig({ ...image, config }));
  const id = digestOf(bytes);
  const chain = layers.map(({ chainId }) => chainId);
  intake.commit([{ config: bytes, layers: chain, manifests: [] }], () => {
    if (name !== undefined) setName(store, name, { id });
  });
  tell(context, container, { id, name, comment: request.comment });
  return id;
}

function findBase(store: Store, imageId: string): ImageConfig | undefined {
  const row = store.images.find(imageId as Digest);
  return row && configOf(row);
}

interface CommittedLayer {
  readonly chainId: Digest;
  readonly diffId: Digest;
  readonly isNew: boolean;
}

/** All of the image's to be, lowest first. */
async function receiveLayers(
  store: Store,
  { id, record }: Container,
  intake: ImageIntake,
): Promise<readonly CommittedLayer[]> {
  const top = store.snapshots.topLayer(id);
  if (top !== null) intake.findLayer(top);
  const rows = top === null ? [] : store.layers.listChain(top).toReversed();
  const below = rows.map(({ chainId, diffId }) => ({ chainId, diffId, isNew: false }));
  const ids = record.userNamespace === "host" ? SAME_IDS : record.userNamespace;
  const tree = store.snapshots.changedTree(id, ids);
  const changes = await listTreeChanges(tree);
  if (changes.length === 0) return below;
  const build = await intake.receiveLayer(archiveChanges(tree, changes));
  const chainId = await intake.place(build, top);
  const { diffId } = await build.content;
  return [...below, { chainId, diffId, isNew: true }];
}

interface Committed {
  readonly container: Container;
  readonly request: CommitRequest;
  readonly base: ImageConfig | undefined;
  readonly layers: readonly CommittedLayer[];
}

function describe({ container, request, base, layers }: Committed): Omit<ImageConfig, "config"> {
  const { author, comment } = request;
  const { effective } = container.record;
  const created = formatTime(nowNs());
  const createdBy = (effective.command ?? []).join(" ");
  const isEmptyLayer = !layers.some(({ isNew }) => isNew);
  return {
    ...(base ?? hostPlatform()),
    created,
    author,
    comment,
    diffIds: layers.map(({ diffId }) => diffId),
    history: [...(base?.history ?? []), { created, createdBy, author, comment, isEmptyLayer }],
  };
}

interface Told {
  readonly id: Digest;
  readonly name: Reference | undefined;
  readonly comment: string;
}

function tell({ events }: FilesContext, { record }: Container, { id, name, comment }: Told): void {
  const imageRef = name === undefined ? "" : familiarReference(name);
  if (name !== undefined) {
    const attributes = { ...record.effective.labels, name: imageRef };
    events.publish({ type: "image", action: "tag", actorId: id, attributes });
  }
  events.publish(containerEvent(record, "commit", { comment, imageID: id, imageRef }));
}
