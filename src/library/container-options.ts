/** How a container is made. What is not named here goes into `config` and `hostConfig`. */
export interface ContainerOptions {
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** `user`, `uid:gid` and the like; by default the image's. */
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly hostname?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  /** A network's name, `none` or `host`; by default the bridge. */
  readonly network?: string;
  /** Names beside its own on that network. */
  readonly aliases?: readonly string[];
  /** Ports to publish, such as `{ "80/tcp": 8080 }`; 0 for one that the daemon chooses, on loopback. */
  readonly ports?: Readonly<Record<string, number>>;
  /** As `-v` has them: `volume:/path`, `/host:/path:ro`. */
  readonly volumes?: readonly string[];
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly pidsLimit?: number;
  readonly readOnlyRoot?: boolean;
  /** Removes it, with its volumes without a name, when it has ended. */
  readonly autoRemove?: boolean;
  /** More of Docker's container configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More of Docker's `HostConfig`. */
  readonly hostConfig?: Readonly<Record<string, unknown>>;
}

const LOOPBACK = "127.0.0.1";

/** The body of a create request. */
export function toCreateBody(
  image: string,
  command: readonly string[],
  { stdin, ...options }: ContainerOptions & { readonly stdin: boolean },
): Readonly<Record<string, unknown>> {
  const { env, ports = {}, tty = false } = options;
  return given({
    Image: image,
    Cmd: command.length === 0 ? undefined : command,
    Env: env === undefined ? undefined : toEnv(env),
    WorkingDir: options.cwd,
    User: options.user,
    Entrypoint: options.entrypoint,
    Hostname: options.hostname,
    Labels: options.labels,
    Tty: tty,
    OpenStdin: stdin,
    StdinOnce: stdin,
    AttachStdin: stdin,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    ...options.config,
    HostConfig: toHostConfig(options),
    NetworkingConfig: toNetworks(options),
  });
}

/** Variables as `NAME=value`. */
export function toEnv(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function toHostConfig(options: ContainerOptions): Readonly<Record<string, unknown>> {
  const { cpus, ports = {} } = options;
  return given({
    NetworkMode: options.network,
    Binds: options.volumes,
    Memory: options.memoryBytes,
    NanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    PidsLimit: options.pidsLimit,
    ReadonlyRootfs: options.readOnlyRoot,
    AutoRemove: options.autoRemove,
    PortBindings: Object.fromEntries(Object.entries(ports).map(toBinding)),
    ...options.hostConfig,
  });
}

function toBinding([port, published]: readonly [string, number]) {
  return [port, [{ HostIp: LOOPBACK, HostPort: String(published) }]] as const;
}

function toNetworks({ network, aliases }: ContainerOptions): unknown {
  if (network === undefined || aliases === undefined) return undefined;
  return { EndpointsConfig: { [network]: { Aliases: aliases } } };
}

/** Without what is undefined. */
function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
