import type { Transport } from "../../client/transport.ts";
import type { Invocation } from "../command.ts";
import type { CONTAINER_FLAGS } from "./container-flags.ts";
import { type CreateBody, toCreateBody } from "./create-body.ts";
import { type CreateRequest, checkClientFlags } from "./create-container.ts";

/** A request that is ready but for what depends on the daemon it goes to. */
export interface PreparedRequest {
  for(transport: Transport): CreateRequest;
}

type Input = Pick<Invocation<typeof CONTAINER_FLAGS>, "flags" | "operands" | "io">;

/** Turns a command line into a create request. */
export async function prepareRequest(
  { flags, operands, io }: Input,
  { detach }: { detach: boolean },
): Promise<PreparedRequest> {
  checkClientFlags(flags);
  const [image = "", ...command] = operands;
  const body = await toCreateBody({ flags, detach, image, command }, io);
  const HostConfig = { ...body.HostConfig, ConsoleSize: await consoleSize(flags.tty, io) };
  const sized = { ...body, HostConfig };
  return {
    for: (transport) => ({
      flags,
      image,
      body: flags["use-api-socket"] ? withApiSocket(sized, transport) : sized,
    }),
  };
}

/** The program's first look at its terminal should be right. */
async function consoleSize(tty: boolean, io: Input["io"]): Promise<readonly [number, number]> {
  const size = tty ? await io.terminal.size() : undefined;
  return size === undefined ? [0, 0] : [size.rows, size.columns];
}

const SOCKET_INSIDE = "/var/run/docker.sock";

function withApiSocket(body: CreateBody, transport: Transport): CreateBody {
  const { unix, host } = transport.endpoint;
  if (unix === undefined) {
    throw new Error(`--use-api-socket needs a daemon on a unix socket, and this one is at ${host}`);
  }
  const mount = { Type: "bind", Source: unix, Target: SOCKET_INSIDE, BindOptions: {} };
  const mounts = Array.isArray(body.HostConfig["Mounts"]) ? body.HostConfig["Mounts"] : [];
  return { ...body, HostConfig: { ...body.HostConfig, Mounts: [...mounts, mount] } };
}
