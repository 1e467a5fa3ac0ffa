import type { PublishedPort } from "../../client/wire.ts";
import { parseDecimal } from "../flags/numbers.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";
import { isIp } from "./addresses.ts";

export interface Ports {
  readonly exposed: Readonly<Record<string, object>>;
  readonly bindings: PortBindings;
}

/** By the container's port. */
export type PortBindings = Readonly<Record<string, readonly PublishedPort[]>>;

/** What `-p` and `--expose` ask for. */
export function parsePorts(published: readonly string[], exposed: readonly string[]): Ports {
  const bindings = groupBindings(published.flatMap(parsePublished));
  const names = [...Object.keys(bindings), ...exposed.flatMap(parseExposed)];
  return { bindings, exposed: Object.fromEntries(names.map((name) => [name, {}])) };
}

/** One port of a container, and where it is published. */
export interface Published {
  /** Such as `80/tcp`. */
  readonly port: string;
  readonly binding: PublishedPort;
}

/** Gathers what is published of each port. */
export function groupBindings(published: readonly Published[]): PortBindings {
  const bindings: Record<string, readonly PublishedPort[]> = {};
  for (const { port, binding } of published) {
    bindings[port] = [...(bindings[port] ?? []), binding];
  }
  return bindings;
}

/** Reads `[[IP:][PORT]:]PORT[/PROTOCOL]` with ranges, or `published=…,target=…,protocol=…`. */
export function parsePublished(written: string): readonly Published[] {
  const short = written.includes("=") ? toShortForm(written) : written;
  const parts = short.split(":");
  const inside = parts.pop() ?? "";
  const hostPort = parts.pop() ?? "";
  const [containerPort, protocol] = splitProtocol(inside);
  const ip = parseIp(parts.join(":"));
  if (containerPort === "") throw new Error(`no port specified: ${short}<empty>`);
  const range = parseRange(containerPort, `invalid containerPort: ${containerPort}`);
  const hostRange =
    hostPort === "" ? undefined : parseRange(hostPort, `invalid hostPort: ${hostPort}`);
  if (hostRange !== undefined && range.last > range.first && length(range) !== length(hostRange)) {
    throw new Error(
      `invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`,
    );
  }
  return Array.from({ length: length(range) }, (_, i) => ({
    port: `${range.first + i}/${protocol}`,
    binding: { HostIp: ip, HostPort: describeHostPort(range, hostRange, i) },
  }));
}

/** One port that may be any of a range is for the daemon to choose. */
function describeHostPort(range: Range, host: Range | undefined, index: number): string {
  if (host === undefined) return "";
  const choice = length(range) === 1 && host.last > host.first;
  return choice ? `${host.first}-${host.last}` : String(host.first + index);
}

function toShortForm(written: string): string {
  const fields: Record<string, string> = { protocol: "tcp" };
  for (const field of written.split(",")) {
    const [key, value] = splitAtFirst(field, "=");
    if (value === undefined || key === "") {
      throw new Error(`invalid publish opts format (should be name=value but got '${field}')`);
    }
    fields[key] = value;
  }
  const { published = "", target = "", protocol = "" } = fields;
  return `${published}:${target}/${protocol}`;
}

function parseExposed(written: string): readonly string[] {
  if (written.includes(":")) throw new Error(`invalid port format for --expose: ${written}`);
  const [port, protocol] = splitProtocol(written);
  const range = parseExposedRange(written, port);
  return Array.from({ length: length(range) }, (_, i) => `${range.first + i}/${protocol}`);
}

function parseExposedRange(written: string, port: string): Range {
  try {
    return parseRange(port);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`invalid range format for --expose: ${written}, error: ${reason}`, { cause });
  }
}

const PROTOCOLS = ["tcp", "udp", "sctp"];

function splitProtocol(written: string): readonly [port: string, protocol: string] {
  const [port = "", protocol = "tcp"] = written.split("/");
  if (port === "") return ["", ""];
  const known = protocol === "" ? "tcp" : protocol.toLowerCase();
  if (!PROTOCOLS.includes(known)) throw new Error(`invalid proto: ${protocol}`);
  return [port, known];
}

function parseIp(written: string): string {
  const ip = written.replace(/^\[(.*)\]$/, "$1");
  if (ip === "" || isIp(ip)) return ip;
  throw new Error(`invalid IP address: ${ip}`);
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function length({ first, last }: Range): number {
  return last - first + 1;
}

/** A problem is told in the words given, or in its own. */
function parseRange(written: string, problem?: string): Range {
  try {
    if (written === "") throw new Error("empty string specified for ports");
    const [from, to = from] = splitAtFirst(written, "-");
    const range = { first: parseDecimal(from, 65535), last: parseDecimal(to, 65535) };
    if (range.last < range.first) throw new Error(`invalid range specified for port: ${written}`);
    return range;
  } catch (cause) {
    throw problem === undefined ? cause : new Error(problem, { cause });
  }
}
