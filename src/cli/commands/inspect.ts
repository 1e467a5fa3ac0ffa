import { ContainerApi } from "../../client/containers.ts";
import { ApiError } from "../../client/errors.ts";
import { ImageApi } from "../../client/images.ts";
import { NetworkApi } from "../../client/networks.ts";
import type { Transport } from "../../client/transport.ts";
import { VolumeApi } from "../../client/volumes.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool, optionalText } from "../flags/flag.ts";
import { format } from "../flags/shared-flags.ts";
import { printObjects } from "../format/print-objects.ts";
import { encodePlatform } from "../run/platform.ts";

type Lookup = (transport: Transport, ref: string) => Promise<unknown>;

const sizeFlag = bool("Display total file sizes if the type is container", { short: "s" });

/** What each kind is found by, in the order in which they are tried. */
const LOOKUPS: Readonly<Record<string, (options: { readonly size: boolean }) => Lookup>> = {
  container: (options) => (transport, ref) => new ContainerApi(transport).getRaw(ref, options),
  image: () => (transport, ref) => new ImageApi(transport).getRaw(ref),
  network: () => (transport, ref) => new NetworkApi(transport).getRaw(ref),
  volume: () => (transport, ref) => new VolumeApi(transport).getRaw(ref),
};

const FLAGS = {
  format: format({ short: "f" }),
  size: sizeFlag,
  type: optionalText(`Only inspect objects of the given type (${listKinds((kind) => kind)})`),
} as const;

export const inspect = command({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  operands: { min: 1 },
  completes: "objects",
  flags: FLAGS,
  async run(invocation: Invocation<typeof FLAGS>) {
    const { type, size } = invocation.flags;
    return inspectWith(invocation, chooseLookup(type, size));
  },
});

export const inspectContainer = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: { format: format({ short: "f" }), size: sizeFlag },
  async run(invocation) {
    const { size } = invocation.flags;
    return inspectWith(invocation, (transport, ref) =>
      new ContainerApi(transport).getRaw(ref, { size }),
    );
  },
});

export const inspectImage = command({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  operands: { min: 1 },
  completes: "images",
  flags: {
    format: format({ short: "f" }),
    platform: optionalText('Show that variant, such as "linux/arm64"'),
  },
  async run(invocation) {
    const { platform } = invocation.flags;
    const encoded = platform === undefined ? undefined : encodePlatform(platform);
    return inspectWith(invocation, (transport, ref) =>
      new ImageApi(transport).getRaw(ref, encoded),
    );
  },
});

export const inspectNetwork = command({
  usage: "[OPTIONS] NETWORK [NETWORK...]",
  operands: { min: 1 },
  completes: "networks",
  flags: {
    format: format({ short: "f" }),
    verbose: bool("Verbose output for diagnostics", { short: "v" }),
  },
  async run(invocation) {
    const { verbose } = invocation.flags;
    return inspectWith(invocation, (transport, ref) =>
      new NetworkApi(transport).getRaw(ref, { verbose }),
    );
  },
});

export const inspectVolume = command({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  operands: { min: 1 },
  completes: "volumes",
  flags: { format: format({ short: "f" }) },
  async run(invocation) {
    return inspectWith(invocation, (transport, name) => new VolumeApi(transport).getRaw(name));
  },
});

type Inspection = Pick<Invocation, "io" | "operands" | "connect"> & {
  readonly flags: { readonly format: string };
};

async function inspectWith(invocation: Inspection, lookup: Lookup): Promise<number> {
  const { io, flags, operands, connect } = invocation;
  const transport = await connect();
  const found: unknown[] = [];
  const errors: unknown[] = [];
  for (const ref of operands) {
    try {
      found.push(await lookup(transport, ref));
    } catch (error) {
      errors.push(error);
    }
  }
  return printObjects(io, flags.format, { found, errors });
}

function chooseLookup(type: string | undefined, size: boolean): Lookup {
  if (type === undefined) {
    const all = Object.values(LOOKUPS).map((choose) => choose({ size }));
    return (transport, ref) => findFirst(all, transport, ref);
  }
  const choose = Object.hasOwn(LOOKUPS, type) ? LOOKUPS[type] : undefined;
  if (choose !== undefined) return choose({ size });
  const problem = type === "" ? "type is empty" : `unknown type: ${JSON.stringify(type)}`;
  throw new CommandError(`${problem}: must be one of ${listKinds((kind) => JSON.stringify(kind))}`);
}

function listKinds(show: (kind: string) => string): string {
  const kinds = Object.keys(LOOKUPS).map(show);
  return `${kinds.slice(0, -1).join(", ")} or ${kinds.at(-1)}`;
}

async function findFirst(
  lookups: readonly Lookup[],
  transport: Transport,
  ref: string,
): Promise<unknown> {
  for (const lookup of lookups) {
    const found = await ifFound(lookup(transport, ref));
    if (found !== undefined) return found;
  }
  throw new CommandError(`Error: No such object: ${ref}`);
}

async function ifFound(lookup: Promise<unknown>): Promise<unknown> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
