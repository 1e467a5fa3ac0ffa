import { ContainerApi, type CreateOptions } from "../../client/containers.ts";
import { ApiError } from "../../client/errors.ts";
import type { Transport } from "../../client/transport.ts";
import { splitReference } from "../image-reference.ts";
import { type Io, print } from "../io.ts";
import { resolvePath } from "../paths.ts";
import type { ContainerFlags } from "./container-flags.ts";
import type { CreateBody } from "./create-body.ts";

export interface CreateRequest {
  readonly flags: ContainerFlags;
  readonly image: string;
  readonly body: CreateBody;
}

/** Checks the options that the client alone carries out. */
export function checkClientFlags(flags: ContainerFlags): void {
  if (!["always", "missing", "never"].includes(flags.pull)) {
    const choices = 'must be one of "always", "missing" or "never"';
    throw new Error(`invalid pull option: '${flags.pull}': ${choices}`);
  }
  if (!flags["disable-content-trust"]) throw new Error("content trust is not supported");
}

/** Creates a container; fetches its image first where that is asked for, or where it is missing. */
export async function createContainer(
  transport: Transport,
  request: CreateRequest,
  io: Io,
): Promise<string> {
  const { flags } = request;
  const idFile = await prepareIdFile(flags.cidfile, io);
  await warnOfLocalDns(flags.dns, io);
  const created = await askWithImage(transport, request, {
    io,
    ask: (options) => new ContainerApi(transport).create(options),
  });
  await print(io.stderr, (created.Warnings ?? []).map((text) => `WARNING: ${text}\n`).join(""));
  if (idFile !== undefined) await Bun.write(idFile, created.Id);
  return created.Id;
}

/** Asks what needs the image; fetches it first where that is wanted, or where it is missing. */
export async function askWithImage<T>(
  transport: Transport,
  request: CreateRequest,
  { io, ask }: { io: Io; ask: (options: CreateOptions) => Promise<T> },
): Promise<T> {
  const options = toCreateOptions(request, io);
  if (request.flags.rootfs) return await ask(options);
  if (request.flags.pull === "always") await pull(transport, request, io);
  try {
    return await ask(options);
  } catch (error) {
    if (request.flags.pull !== "missing" || !isMissingImage(error)) throw error;
    if (IMAGE_ID.test(request.image)) throw error;
  }
  if (!request.flags.quiet) {
    await print(io.stderr, `Unable to find image '${withTag(request.image)}' locally\n`);
  }
  await pull(transport, request, io);
  return ask(options);
}

async function pull(transport: Transport, request: CreateRequest, io: Io): Promise<void> {
  const { pullImage } = await import("./pull-image.ts");
  await pullImage(transport, request, io);
}

function toCreateOptions({ flags, body }: CreateRequest, { env }: Io): CreateOptions {
  if (flags.replace && flags.name === "") throw new Error("--replace needs --name");
  const { DOCKER_DEFAULT_PLATFORM = "" } = env;
  const platform = flags.platform || DOCKER_DEFAULT_PLATFORM;
  return {
    body,
    ...(flags.name === "" ? {} : { name: flags.name }),
    ...(flags.replace ? { replace: true } : {}),
    ...(platform === "" ? {} : { platform }),
  };
}

/** No registry finds an image by its id. */
const IMAGE_ID = /^(sha256:)?[a-f0-9]{64}$/;

/** A missing volume or network is a 404 too, but pulling would not help. */
function isMissingImage(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404 && /no such image/i.test(error.message);
}

function withTag(image: string): string {
  return splitReference(image).tag === "" ? `${image}:latest` : image;
}

/** A loopback address is the container's own there. */
async function warnOfLocalDns(servers: readonly string[], io: Io): Promise<void> {
  const local = servers.find((server) => /^127\.|^::1$/.test(server));
  if (local === undefined) return;
  await print(io.stderr, `WARNING: Localhost DNS (${local}) may fail in containers.\n`);
}

async function prepareIdFile(cidfile: string, io: Io): Promise<string | undefined> {
  if (cidfile === "") return undefined;
  const path = resolvePath(cidfile, io);
  if (!(await Bun.file(path).exists())) return path;
  throw new Error(
    `container ID file found, make sure the other container isn't running or delete ${cidfile}`,
  );
}
