import { ApiUser } from "./api-user.ts";
import { TestDaemon } from "./daemon.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import { waitUntil } from "./wait-until.ts";

/** How a container is to be on its networks. */
export interface BoxOptions {
  readonly name?: string;
  /** Of its mode; by default the default network. */
  readonly network?: string;
  /** What is asked of its endpoints, by network. */
  readonly endpoints?: Readonly<Record<string, object>>;
  readonly host?: object;
  readonly config?: object;
  /** What it runs; by default nothing that ends. */
  readonly line?: string;
}

interface Binding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** A shell line of a web server that says a text, on each port that is named. */
export function serve(text: string, ...ports: readonly number[]): string {
  const servers = ports.map((port) => `httpd -p ${port} -h /srv`);
  const page = `mkdir -p /srv && echo ${text} > /srv/index.html`;
  return [page, ...servers, "exec sleep 1000"].join("; ");
}

/** A port of the host, as `PortBindings` have it; an empty address is every one. */
export function at(HostPort: string, HostIp = ""): Binding {
  return { HostIp, HostPort };
}

/** A shell line that says the names of a container's links and their addresses, without the loopback. */
export const ADDRESSES = "ip -o addr | grep -v ' lo ' | awk '{print $2, $4}' | sort";

/** Somebody who makes networks and containers on them, on a daemon in a network namespace that plays the host. */
export class NetworkUser extends ApiUser implements AsyncDisposable {
  readonly daemon: TestDaemon;
  readonly host: NetworkNamespace;

  readonly #undo = new DisposableStack();

  private constructor(daemon: TestDaemon, host: NetworkNamespace) {
    super(daemon);
    this.daemon = daemon;
    this.host = host;
  }

  /** `args` are more options for the daemon. */
  static async start(...args: readonly string[]): Promise<NetworkUser> {
    const host = new NetworkNamespace();
    host.exec("ip", "link", "set", "lo", "up");
    const user = new NetworkUser(await TestDaemon.startIn(host, ...args), host);
    user.#undo.use(host);
    return user;
  }

  /** Another daemon's user on the same host, which has to end first. */
  async beside(): Promise<NetworkUser> {
    return new NetworkUser(await TestDaemon.startIn(this.host), this.host);
  }

  /** Returns the network's id. */
  async createNetwork(name: string, options: object = {}): Promise<string> {
    return (await this.json("POST", "/networks/create", { Name: name, ...options })).Id;
  }

  /** One with a certain subnet, and containers with addresses of their choice. */
  createSubnet(name: string, subnet: string, options: object = {}): Promise<string> {
    return this.createNetwork(name, { IPAM: { Config: [{ Subnet: subnet }] }, ...options });
  }

  async removeNetwork(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.json("DELETE", `/networks/${name}`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect of Docker's JSON.
  network(name: string): Promise<any> {
    return this.json("GET", `/networks/${name}`);
  }

  async connect(network: string, box: string, settings: object = {}): Promise<void> {
    const body = { Container: box, EndpointConfig: settings };
    await this.json("POST", `/networks/${network}/connect`, body);
  }

  async disconnect(network: string, box: string): Promise<void> {
    await this.json("POST", `/networks/${network}/disconnect`, { Container: box });
  }

  /** Creates a container; returns its id. */
  async box(options: BoxOptions = {}): Promise<string> {
    const { name, network, endpoints, host, config, line = "exec sleep 1000" } = options;
    const query = name === undefined ? "" : `?name=${name}`;
    const body = {
      Image: "busybox",
      Cmd: ["sh", "-c", line],
      StopSignal: "KILL",
      ...config,
      HostConfig: { ...(network === undefined ? {} : { NetworkMode: network }), ...host },
      ...(endpoints === undefined ? {} : { NetworkingConfig: { EndpointsConfig: endpoints } }),
    };
    return (await this.json("POST", `/containers/create${query}`, body)).Id;
  }

  async start(box: string): Promise<void> {
    await this.json("POST", `/containers/${box}/start`);
  }

  async stop(box: string): Promise<void> {
    await this.json("POST", `/containers/${box}/stop?t=0`);
  }

  /** Creates a container, and starts it. */
  async runBox(options: BoxOptions = {}): Promise<string> {
    const box = await this.box(options);
    await this.start(box);
    return box;
  }

  async removeBoxes(...boxes: readonly string[]): Promise<void> {
    await Promise.all(boxes.map((box) => this.json("DELETE", `/containers/${box}?force=1&v=1`)));
  }

  /** What a shell line writes in a running container; where it fails, with its exit code. */
  async shell(box: string, line: string): Promise<string> {
    const { status, stdout, stderr } = await this.daemon.sampan(["exec", box, "sh", "-c", line]);
    return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`.trim();
  }

  /** What a container has on a network, as inspect shows it. */
  async endpointOf(box: string, network: string) {
    return (await this.inspect(box)).NetworkSettings.Networks[network];
  }

  /** The ports of a running container as `address:port` by the container's port. */
  async portsOf(box: string): Promise<Readonly<Record<string, readonly string[] | null>>> {
    const ports: Readonly<Record<string, readonly Binding[] | null>> = (await this.inspect(box))
      .NetworkSettings.Ports;
    const entries = Object.entries(ports).map(([port, at]) => [
      port,
      at?.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`) ?? null,
    ]);
    return Object.fromEntries(entries);
  }

  /** What serve() says to a client on the host; nothing where it is refused, which is soon. */
  async askHttp(address: string, port: number | string): Promise<string> {
    const request = "GET / HTTP/1.0\\r\\n\\r\\n";
    const script = `exec 3<>/dev/tcp/${address}/${port} && printf '${request}' >&3 && tail -n 1 <&3`;
    const command = ["nsenter", `--net=${this.host.path}`, "timeout", "10", "bash", "-c", script];
    return (await Bun.spawn(command, { stderr: "ignore" }).stdout.text()).trim();
  }

  /** Waits for a server that has just been started. */
  async expectHttp(address: string, port: number | string, text: string): Promise<void> {
    const isThere = async () => (await this.askHttp(address, port)) === text;
    await waitUntil(`${address}:${port} says ${text}`, isThere);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
    this.#undo.dispose();
  }
}
