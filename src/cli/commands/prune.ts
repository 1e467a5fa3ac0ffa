import { ContainerApi } from "../../client/containers.ts";
import { ImageApi } from "../../client/images.ts";
import type { Pruned } from "../../client/wire.ts";
import { command } from "../command.ts";
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

export const pruneSystem = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { all: allImages, filter: filter(), force },
  async run({ flags, io, connect }) {
    const kind = flags.all
      ? "images without at least one container associated to them"
      : "dangling images";
    const warning = `WARNING! This will remove:\n  - all stopped containers\n  - all ${kind}\n`;
    if (!flags.force && !(await confirm(io, warning))) return 0;
    const transport = await connect();
    // Containers first: the images that only they used are unused then.
    const removed = await new ContainerApi(transport).prune(flags.filter);
    const filters = { ...flags.filter, ...dangling(flags.all) };
    await report(io, [removed, await new ImageApi(transport).prune(filters)]);
    return 0;
  },
});

function dangling(all: boolean) {
  return { dangling: [all ? "false" : "true"] };
}

async function report(io: Io, results: readonly Pruned[]): Promise<void> {
  const sections = results.flatMap(({ ContainersDeleted, ImagesDeleted }) => [
    section("Deleted Containers:", ContainersDeleted ?? []),
    section(
      "Deleted Images:",
      (ImagesDeleted ?? []).map(({ Untagged, Deleted }) =>
        Deleted === undefined ? `untagged: ${Untagged}` : `deleted: ${Deleted}`,
      ),
    ),
  ]);
  const total = results.reduce((sum, { SpaceReclaimed }) => sum + SpaceReclaimed, 0);
  await print(io.stdout, `${sections.join("")}Total reclaimed space: ${formatSize(total)}\n`);
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${title}\n${lines.join("\n")}\n\n`;
}
