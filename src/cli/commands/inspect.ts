import { ContainerApi } from "../../client/containers.ts";
import { ApiError } from "../../client/errors.ts";
import { ImageApi } from "../../client/images.ts";
import type { Transport } from "../../client/transport.ts";
import { CommandError, command, type Invocation } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { format } from "../flags/shared-flags.ts";
import { printObjects } from "../format/print-objects.ts";

type Lookup = (transport: Transport, ref: string) => Promise<unknown>;

const sizeFlag = bool("Display total file sizes if the type is container", { short: "s" });

const FLAGS = {
  format: format({ short: "f" }),
  size: sizeFlag,
  type: text("Only inspect objects of the given type (container or image)"),
} as const;

export const inspect = command({
  usage: "[OPTIONS] NAME|ID [NAME|ID...]",
  operands: { min: 1 },
  completes: "objects",
  flags: FLAGS,
  async run(invocation: Invocation<typeof FLAGS>) {
    const { flags, given } = invocation;
    if (given.has("type") && flags.type === "") {
      throw new CommandError('type is empty: must be one of "container" or "image"');
    }
    return inspectWith(invocation, chooseLookup(flags.type, flags.size));
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
  flags: { format: format({ short: "f" }) },
  async run(invocation) {
    return inspectWith(invocation, (transport, ref) => new ImageApi(transport).getRaw(ref));
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

function chooseLookup(type: string, size: boolean): Lookup {
  const byContainer: Lookup = (transport, ref) => new ContainerApi(transport).getRaw(ref, { size });
  const byImage: Lookup = (transport, ref) => new ImageApi(transport).getRaw(ref);
  switch (type) {
    case "":
      return async (transport, ref) =>
        (await ifFound(byContainer(transport, ref))) ??
        (await ifFound(byImage(transport, ref))) ??
        notFound(ref);
    case "container":
      return byContainer;
    case "image":
      return byImage;
    default:
      throw new CommandError(`unknown type: "${type}": must be one of "container" or "image"`);
  }
}

async function ifFound(lookup: Promise<unknown>): Promise<unknown> {
  try {
    return await lookup;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function notFound(ref: string): never {
  throw new CommandError(`Error: No such object: ${ref}`);
}
