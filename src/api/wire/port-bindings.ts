import { EngineError } from "../../base/errors.ts";
import { findIpAddress } from "../../base/ip-address.ts";
import type { ContainerView, PortChange, PublishedPortView } from "../../engine/facade.ts";
import type { PortProtocol, PortRequest } from "../../engine/model.ts";
import { Fields } from "./fields.ts";

/** Docker's map of a container's ports to where they are on the host. */
export type PortMapJson = Readonly<Record<string, readonly PortBindingJson[] | null>>;

export interface PortBindingJson {
  readonly HostIp: string;
  readonly HostPort: string;
}

const PROTOCOLS: readonly PortProtocol[] = ["tcp", "udp", "sctp"];
const PORT = /^(\d{1,5})(?:\/([a-z]+))?$/i;
const PORTS = /^(\d{1,5})(?:-(\d{1,5}))?$/;

/** Reads a map as HostConfig.PortBindings has it. A port without any binding is published somewhere. */
export function decodePortBindings(map: Fields | undefined): readonly PortRequest[] {
  return Object.entries(map?.source ?? {}).flatMap(([key, value]) => {
    const port = parsePort(key);
    const bindings = readBindings(value);
    return (bindings.length === 0 ? [Fields.of({}, "PortBinding")] : bindings).map((binding) => ({
      ...port,
      hostAddress: checkAddress(binding.text("HostIp")),
      hostPorts: parseHostPorts(binding.text("HostPort")),
    }));
  });
}

/** What an update asks of a container's ports. */
export function decodePortChange(body: Fields): PortChange {
  return {
    add: decodePortBindings(body.findChild("PublishAdd")),
    remove: decodePortBindings(body.findChild("PublishRemove")),
  };
}

function readBindings(value: unknown): readonly Fields[] {
  return Fields.of({ bindings: value }, "PortBindings").children("bindings");
}

/** The ports of a running container by their names: null for those that are only exposed. */
export function toPortMap({ effective, network }: ContainerView): PortMapJson {
  const map: Record<string, PortBindingJson[] | null> = {};
  for (const port of effective.exposedPorts.flatMap(expandPort)) map[port] = null;
  for (const port of network.ports) {
    const name = portName(port);
    const binding = { HostIp: port.hostAddress, HostPort: String(port.hostPort) };
    map[name] = [...(map[name] ?? []), binding];
  }
  return map;
}

/** The ports that were asked for, as HostConfig has them. */
export function toPortBindings(publish: readonly PortRequest[]): PortMapJson {
  const map: Record<string, PortBindingJson[]> = {};
  for (const { containerPort, protocol, hostAddress, hostPorts } of publish) {
    const { first, last } = hostPorts;
    const HostPort = first === 0 ? "" : first === last ? String(first) : `${first}-${last}`;
    const name = `${containerPort}/${protocol}`;
    map[name] = [...(map[name] ?? []), { HostIp: hostAddress, HostPort }];
  }
  return map;
}

function portName({ containerPort, protocol }: PublishedPortView): string {
  return `${containerPort}/${protocol}`;
}

/** `8000-8002/tcp` as each of its ports. */
export function expandPort(text: string): readonly string[] {
  const [range = "", protocol = "tcp"] = text.split("/");
  const [first = 0, last = first] = range.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}

function parsePort(text: string): { containerPort: number; protocol: PortProtocol } {
  const [, number = "", given = "tcp"] = PORT.exec(text) ?? [];
  const protocol = PROTOCOLS.find((known) => known === given.toLowerCase());
  const containerPort = Number(number);
  const isPort = containerPort > 0 && containerPort <= 65_535;
  if (protocol !== undefined && isPort) return { containerPort, protocol };
  throw new EngineError("invalid", `invalid port specification: ${JSON.stringify(text)}`);
}

function parseHostPorts(text: string): PortRequest["hostPorts"] {
  if (text === "") return { first: 0, last: 0 };
  const [, start = "", end = start] = PORTS.exec(text) ?? [];
  const [first, last] = [Number(start), Number(end)];
  if (start !== "" && first <= last && last <= 65_535) return { first, last };
  throw new EngineError("invalid", `invalid port specification: ${JSON.stringify(text)}`);
}

function checkAddress(text: string): string {
  if (text === "" || findIpAddress(text) !== undefined) return text;
  throw new EngineError("invalid", `invalid IP address: ${text}`);
}
