import type { Io } from "../io.ts";
import type { ContainerFlags } from "./container-flags.ts";
import { readEnvironment, readLabels } from "./environment.ts";
import { toHostConfig } from "./host-config.ts";
import { checkModes, toHealthcheck } from "./modes.ts";
import { toNetworkConfig } from "./network-config.ts";
import { toPairs } from "./pairs.ts";
import { parsePorts } from "./ports.ts";
import { parseVolumes } from "./volumes.ts";

/** The body of a create request: Docker's Config, HostConfig and NetworkingConfig. */
export interface CreateBody {
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly Tty: boolean;
  readonly OpenStdin: boolean;
  readonly StdinOnce: boolean;
  readonly HostConfig: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface CreateInput {
  readonly flags: ContainerFlags;
  /** Nobody will be attached. */
  readonly detach: boolean;
  readonly image: string;
  readonly command: readonly string[];
}

/** Turns options into a create request; reads the files that they name. */
export async function toCreateBody(input: CreateInput, io: Io): Promise<CreateBody> {
  const { flags, image, command } = input;
  checkModes(flags);
  const ports = parsePorts(flags.publish, flags.expose);
  const volumes = parseVolumes(flags.volume, io);
  const network = toNetworkConfig(flags);
  const labels = toPairs(await readLabels(flags["label-file"], flags.label, io));
  return {
    ...toStreams(input),
    Hostname: flags.hostname,
    Domainname: flags.domainname,
    User: flags.user,
    Env: await readEnvironment(flags["env-file"], flags.env, io),
    Cmd: command.length === 0 ? null : command,
    Entrypoint: toEntrypoint(flags.entrypoint),
    Image: image,
    WorkingDir: flags.workdir,
    Labels: labels,
    Volumes: volumes.anonymous,
    ExposedPorts: ports.exposed,
    Healthcheck: toHealthcheck(flags),
    ...(flags["stop-signal"] === "" ? {} : { StopSignal: flags["stop-signal"] }),
    StopTimeout: flags["stop-timeout"],
    HostConfig: await toHostConfig({ flags, image, network, volumes, ports }, io),
    NetworkingConfig: { EndpointsConfig: network.endpoints },
  };
}

/** An empty entry point is sent as such: it drops the image's. */
function toEntrypoint(entrypoint: string | undefined): readonly string[] | null {
  return entrypoint === undefined ? null : [entrypoint];
}

function toStreams({ flags, detach }: CreateInput) {
  const named = (stream: string) => !detach && flags.attach.includes(stream);
  const byDefault = !detach && flags.attach.length === 0;
  const AttachStdin = named("stdin") || (!detach && flags.interactive);
  return {
    AttachStdin,
    AttachStdout: named("stdout") || byDefault,
    AttachStderr: named("stderr") || byDefault,
    Tty: flags.tty,
    OpenStdin: flags.interactive,
    StdinOnce: AttachStdin && flags.interactive,
  };
}
