import type { Client } from "../../client/client.ts";
import type { ContainerSummary, ImageSummary } from "../../client/wire.ts";
import type { Completable } from "../command.ts";
import type { Candidate } from "./complete.ts";

/** The names of what is there; none where no daemon answers, since a shell has no place for errors. */
export async function listNames(
  kind: Completable,
  reach: () => Promise<Client>,
): Promise<readonly Candidate[]> {
  try {
    return await LISTS[kind](await reach());
  } catch {
    return [];
  }
}

type List = (client: Client) => Promise<readonly Candidate[]>;

const LISTS: Readonly<Record<Completable, List>> = {
  containers: (client) => listContainers(client, () => true),
  running: (client) => listContainers(client, ({ State }) => State === "running"),
  stopped: (client) => listContainers(client, ({ State }) => State !== "running"),
  images: async ({ images }) => (await images.list()).flatMap(toImageNames),
  objects: async (client) => [...(await LISTS.containers(client)), ...(await LISTS.images(client))],
  shells: async () => [
    ["bash", ""],
    ["zsh", ""],
  ],
};

async function listContainers(
  { containers }: Client,
  wanted: (container: ContainerSummary) => boolean,
): Promise<readonly Candidate[]> {
  const found = (await containers.list({ all: true })).filter(wanted);
  return found.flatMap(({ Names, Status }) =>
    Names.map((name) => [name.replace(/^\//, ""), Status] as const),
  );
}

function toImageNames({ RepoTags }: ImageSummary): readonly Candidate[] {
  const names = (RepoTags ?? []).filter((name) => !name.startsWith("<none>"));
  return names.flatMap((name) => [name, name.replace(/:latest$/, "")]).map((name) => [name, ""]);
}
