import { ContainerApi } from "../../client/containers.ts";
import { ImageApi } from "../../client/images.ts";
import { NetworkApi } from "../../client/networks.ts";
import { VolumeApi } from "../../client/volumes.ts";
import type { Pruned } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { filter } from "../flags/shared-flags.ts";
import { formatSize } from "../format/units.ts";
import { type Io, print } from "../io.ts";
import { confirm } from "../terminal/confirm.ts";

const force = bool("Do not prompt for confirmation", { short: "f" });
const allImages = bool("Remove all unused images, not just dangling ones", { short: "a" });

export const pruneContainers = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { filter: filter(), force },
  async run({ flags, io, connect }) {
    const warning = "WARNING! This will remove all stopped containers.";
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const containers = new ContainerApi(await connect());
    await report(io, [await containers.prune(flags.filter)]);
    return 0;
  },
});

export const pruneImages = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { all: allImages, filter: filter(), force },
  async run({ flags, io, connect }) {
    const warning = flags.all
      ? "WARNING! This will remove all images without at least one container associated to them."
      : "WARNING! This will remove all dangling images.";
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const images = new ImageApi(await connect());
    await report(io, [await images.prune({ ...flags.filter, ...dangling(flags.all) })]);
    return 0;
  },
});

export const pruneNetworks = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { filter: filter(), force },
  async run({ flags, io, connect }) {
    const warning =
      "WARNING! This will remove all custom networks not used by at least one container.";
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const networks = new NetworkApi(await connect());
    const { NetworksDeleted } = await networks.prune(flags.filter);
    // Networks take no room: there is no total.
    await print(io.stdout, section("Deleted Networks:", NetworksDeleted ?? []));
    return 0;
  },
});

export const pruneVolumes = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    all: bool("Remove all unused volumes, not just anonymous ones", { short: "a" }),
    filter: filter(),
    force,
  },
  async run({ flags, io, connect }) {
    if (flags.all && flags.filter["all"] !== undefined) {
      throw new CommandError("conflicting options: cannot specify both --all and --filter all=1");
    }
    const kind = flags.all ? "all" : "anonymous";
    const warning = `WARNING! This will remove ${kind} local volumes not used by at least one container.`;
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const volumes = new VolumeApi(await connect());
    const all = flags.all ? { all: ["true"] } : {};
    await report(io, [await volumes.prune({ ...flags.filter, ...all })]);
    return 0;
  },
});

export const pruneSystem = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    all: allImages,
    filter: filter(),
    force,
    volumes: bool("Prune anonymous volumes"),
  },
  async run({ flags, io, connect }) {
    const kind = flags.all
      ? "images without at least one container associated to them"
      : "dangling images";
    if (flags.volumes && flags.filter["until"] !== undefined) {
      throw new CommandError('ERROR: The "until" filter is not supported with "--volumes"');
    }
    const kinds = [
      "stopped containers",
      "networks not used by at least one container",
      ...(flags.volumes ? ["anonymous volumes not used by at least one container"] : []),
      kind,
    ];
    const removed = kinds.map((one) => `  - all ${one}\n`).join("");
    const warning = `WARNING! This will remove:\n${removed}${describeFilters(flags.filter)}`;
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const transport = await connect();
    // Containers first: what only they used is unused then.
    const pruned: Pruned[] = [
      await new ContainerApi(transport).prune(flags.filter),
      await new NetworkApi(transport).prune(flags.filter),
    ];
    if (flags.volumes) pruned.push(await new VolumeApi(transport).prune(flags.filter));
    const filters = { ...flags.filter, ...dangling(flags.all) };
    await report(io, [...pruned, await new ImageApi(transport).prune(filters)]);
    return 0;
  },
});

function describeFilters(filters: Readonly<Record<string, readonly string[]>>): string {
  const written = Object.entries(filters).flatMap(([key, values]) =>
    values.map((value) => `  - ${key}=${value}\n`),
  );
  if (written.length === 0) return "";
  return `\n  Items to be pruned will be filtered with:\n${written.sort().join("")}`;
}

function dangling(all: boolean) {
  return { dangling: [all ? "false" : "true"] };
}

async function report(io: Io, results: readonly Pruned[]): Promise<void> {
  const sections = results.flatMap((result) => [
    section("Deleted Containers:", result.ContainersDeleted ?? []),
    section("Deleted Networks:", result.NetworksDeleted ?? []),
    section("Deleted Volumes:", result.VolumesDeleted ?? []),
    section(
      "Deleted Images:",
      (result.ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
        Deleted === undefined ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
      ),
    ),
  ]);
  const total = results.reduce((sum, { SpaceReclaimed = 0 }) => sum + SpaceReclaimed, 0);
  await print(io.stdout, `${sections.join("")}Total reclaimed space: ${formatSize(total)}\n`);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}\n${lines.join("\n")}\n\n`;
}
