import { EngineError } from "../../base/errors.ts";
import { familyOf } from "../../network/subnet.ts";
import type { ContainerConfig } from "../model.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import type { ContainerRecord } from "./record.ts";

// Links on the default network, which has no names: the other container's address is told by
// /etc/hosts and by variables, at each start. On a user's network links are names of the name server.

/** The other end of a link, while it runs. */
interface Linked {
  readonly alias: string;
  readonly container: Container;
  readonly address: string;
}

/** Puts ids in place of the names of linked containers: a name can change hands. */
export function resolveLinks({ containers }: Context, config: ContainerConfig): ContainerConfig {
  const { links } = config.host;
  if (links.length === 0 || !isOnDefault(config)) return config;
  const resolved = links.map((text) => {
    const { ref, alias } = parseLink(text);
    const container = containers.find(ref);
    if (container === undefined) {
      throw new EngineError(
        "invalid",
        `could not get container for ${ref}: No such container: ${ref}`,
      );
    }
    const { kind } = container.record.config.host.network;
    if (kind === "host") {
      throw new EngineError(
        "invalid",
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    }
    return `${container.id}:${alias}`;
  });
  return { ...config, host: { ...config.host, links: resolved } };
}

/** `container`, `container:alias`, or as inspect shows it, `/container:/self/alias`. */
export function parseLink(text: string): { readonly ref: string; readonly alias: string } {
  const [first = "", second = first, ...rest] = text.split(":");
  const ref = first.replace(/^\//, "");
  const alias = second.split("/").at(-1) ?? "";
  if (ref !== "" && alias !== "" && rest.length === 0) return { ref, alias };
  throw new EngineError("invalid", `bad format for links: ${text}`);
}

/** Lines of /etc/hosts: address, alias, hostname and name of each linked container that runs. */
export function linkLines(context: Context, record: ContainerRecord): readonly string[] {
  return findRunning(context, record).map(({ alias, container, address }) => {
    const { effective, name } = container.record;
    return `${address}\t${[...new Set([alias, effective.hostname, name])].join(" ")}`;
  });
}

/**
 * Docker's variables for each linked container, its exposed ports, and its own environment. Refuses the
 * start where one does not run.
 */
export function linkEnvironment(context: Context, record: ContainerRecord): readonly string[] {
  const linked = findRunning(context, record);
  checkAllRun(context, record, linked);
  return linked.flatMap(({ alias, container, address }) => {
    const prefix = alias.replaceAll("-", "_").toUpperCase();
    const { exposedPorts, env } = container.record.effective;
    const [first] = exposedPorts;
    return [
      ...(first === undefined ? [] : [`${prefix}_PORT=${urlOf(first, address)}`]),
      ...exposedPorts.flatMap((port) =>
        portVariables(`${prefix}_PORT_${port.replace("/", "_").toUpperCase()}`, { port, address }),
      ),
      `${prefix}_NAME=/${record.name}/${alias}`,
      ...env
        .filter((entry) => !/^(HOME|PATH)=/.test(entry))
        .map((entry) => `${prefix}_ENV_${entry}`),
    ];
  });
}

function portVariables(
  name: string,
  { port, address }: { readonly port: string; readonly address: string },
): readonly string[] {
  const [number = "", protocol = "tcp"] = port.split("/");
  return [
    `${name}=${urlOf(port, address)}`,
    `${name}_ADDR=${address}`,
    `${name}_PORT=${number}`,
    `${name}_PROTO=${protocol}`,
  ];
}

function urlOf(port: string, address: string): string {
  const [number = "", protocol = "tcp"] = port.split("/");
  return `${protocol}://${address}:${number}`;
}

/** Clients ask for links of both kinds in one field. */
function isOnDefault({ host }: ContainerConfig): boolean {
  return host.network.kind === "network" && host.network.network === "bridge";
}

function findRunning({ containers }: Context, { config }: ContainerRecord): readonly Linked[] {
  if (!isOnDefault(config)) return [];
  return config.host.links.map(parseLink).flatMap(({ ref, alias }) => {
    const container = containers.find(ref);
    const address = container?.isRunning === true ? addressOnBridge(container.record) : undefined;
    return container === undefined || address === undefined ? [] : [{ alias, container, address }];
  });
}

function checkAllRun(
  { containers }: Context,
  { name, config }: ContainerRecord,
  running: readonly Linked[],
): void {
  if (!isOnDefault(config)) return;
  const { ref, alias } =
    config.host.links
      .map(parseLink)
      .find((link) => !running.some(({ container }) => container.id === link.ref)) ?? {};
  if (ref === undefined) return;
  throw new EngineError(
    "conflict",
    `Cannot link to a non running container: /${containers.get(ref).name} AS /${name}/${alias}`,
  );
}

function addressOnBridge({ endpoints }: ContainerRecord): string | undefined {
  const endpoint = endpoints.find(({ network }) => network === "bridge");
  return endpoint?.live.addresses.find(({ address }) => familyOf(address) === 4)?.address;
}
