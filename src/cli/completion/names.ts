import { ContainerApi } from "../../client/containers.ts";
import { ImageApi } from "../../client/images.ts";
import { NetworkApi } from "../../client/networks.ts";
import type { Transport } from "../../client/transport.ts";
import { VolumeApi } from "../../client/volumes.ts";
import type { ContainerSummary, ImageSummary } from "../../client/wire.ts";
import type { Completable } from "../flags/flag.ts";
import type { Candidate } from "./complete.ts";

/** The names of what is there; none where no daemon answers, since a shell has no place for errors. */
export async function listNames(
  kind: Completable,
  reach: () => Promise<Transport>,
): Promise<readonly Candidate[]> {
  try {
    return await LISTS[kind](await reach());
  } catch {
    return [];
  }
}

type List = (transport: Transport) => Promise<readonly Candidate[]>;

const LISTS: Readonly<Record<Completable, List>> = {
  containers: (transport) => listContainers(transport, () => true),
  running: (transport) => listContainers(transport, ({ State }) => State === "running"),
  stopped: (transport) => listContainers(transport, ({ State }) => State !== "running"),
  images: async (transport) => (await new ImageApi(transport).list()).flatMap(toImageNames),
  networks: async (transport) =>
    (await new NetworkApi(transport).list()).map(({ Name, Driver }) => [Name, Driver]),
  volumes: async (transport) =>
    (await new VolumeApi(transport).list()).map(({ Name }) => [Name, ""]),
  objects: async (transport) => [
    ...(await LISTS.containers(transport)),
    ...(await LISTS.images(transport)),
    ...(await LISTS.networks(transport)),
    ...(await LISTS.volumes(transport)),
  ],
  shells: async () => [
    ["bash", ""],
    ["zsh", ""],
  ],
};

async function listContainers(
  transport: Transport,
  wanted: (container: ContainerSummary) => boolean,
): Promise<readonly Candidate[]> {
  const found = (await new ContainerApi(transport).list({ all: true })).filter(wanted);
  return found.flatMap(({ Names, Status }) =>
    Names.map((name) => [name.replace(/^\//, ""), Status] as const),
  );
}

function toImageNames({ RepoTags }: ImageSummary): readonly Candidate[] {
  const names = (RepoTags ?? []).filter((name) => !name.startsWith("<none>"));
  return names.flatMap((name) => [name, name.replace(/:latest$/, "")]).map((name) => [name, ""]);
}
